package io.presage.bench;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// One subject's rounds.
///
/// @param warmUp requests answered before the first round
record Results(String subject, long warmUp, List<Load> rounds) {
    double median(ToDoubleFunction<Load> value) {
        double[] sorted = sorted(value);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
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

    long failed() {
        return rounds.stream().mapToLong(Load::failed).sum();
    }
}
