package io.presage.bench;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// One subject's rounds.
///
/// @param warmUp requests answered before the first round
record Results(String subject, long warmUp, List<Load> rounds) {
    double median(ToDoubleFunction<Load> value) {
        return median(sorted(value));
    }

    double min(ToDoubleFunction<Load> value) {
        return sorted(value)[0];
    }

    double max(ToDoubleFunction<Load> value) {
        return sorted(value)[rounds.size() - 1];
    }

    private double[] sorted(ToDoubleFunction<Load> value) {
        double[] sorted = rounds.stream().mapToDouble(value).toArray();
        Arrays.sort(sorted);
        return sorted;
    }

    static Results named(List<Results> results, String subject) {
        return results.stream()
                .filter(each -> each.subject().equals(subject))
                .findFirst()
                .orElseThrow();
    }

    double throughput() {
        return median(Load::requestsPerSecond);
    }

    double cpu() {
        return median(Load::cpuMicrosPerRequest);
    }

    /// The median of what this subject took, divided by what the other did in the same round: what the machine
    /// gave less of for some seconds falls on both.
    double ratio(Results other, ToDoubleFunction<Load> value) {
        var ratios = new double[rounds.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = value.applyAsDouble(rounds.get(i)) / value.applyAsDouble(other.rounds.get(i));
        }
        return median(ratios);
    }

    static double median(double[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    static double median(List<Double> values) {
        return median(values.stream().mapToDouble(each -> each).toArray());
    }

    long failed() {
        return rounds.stream().mapToLong(Load::failed).sum();
    }
}
