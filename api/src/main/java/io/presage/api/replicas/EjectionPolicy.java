package io.presage.api.replicas;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// Which replicas of a version do so much worse than its others that calls should go elsewhere. What all of
/// them do badly (a hard input, a slow model) is no replica's fault: they are measured by the median of the
/// others. After Envoy's outlier detection. Pure.
final class EjectionPolicy {
    enum Cause {
        /// Failed so many times in a row.
        CONSECUTIVE,
        /// Fails more often than the others.
        FAILURES,
        /// Takes longer than the others.
        SLOW
    }

    /// @param failureShare above the others' median, 0..1
    record Terms(
            int consecutiveFailures,
            long intervalNanos,
            int callsMin,
            double failureShare,
            double slowness,
            long slowerByNanos,
            long timeNanos,
            long timeMaxNanos) {}

    /// A replica as the last interval left it.
    ///
    /// @param consecutiveFailures up to now
    /// @param calls that it answered or failed
    /// @param meanNanos of those it answered; 0 when there were none
    /// @param isSuspect it came back from an ejection and has not answered since
    record Standing(
            int consecutiveFailures, int calls, int failures, double meanNanos, boolean isEjected, boolean isSuspect) {
        double failureShare() {
            return calls == 0 ? 0 : (double) failures / calls;
        }
    }

    /// @param replica its place in the list that was judged
    record Verdict(int replica, Cause cause) {}

    private record Charge(Verdict verdict, double weight) {}

    /// Of all replicas of a version: those to be ejected, the worst first, such that at least half stay in.
    static List<Verdict> judge(Terms terms, List<Standing> all) {
        long out = all.stream().filter(Standing::isEjected).count();
        long room = all.size() / 2 - out;
        if (room <= 0) {
            return List.of();
        }
        List<Charge> charges = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (!all.get(i).isEjected()) {
                charge(terms, all, i, charges);
            }
        }
        return charges.stream()
                .sorted(Comparator.comparingDouble(Charge::weight).reversed())
                .limit(room)
                .map(Charge::verdict)
                .toList();
    }

    private static void charge(Terms terms, List<Standing> all, int i, List<Charge> charges) {
        var one = all.get(i);
        int patience = one.isSuspect() ? 1 : terms.consecutiveFailures();
        if (one.consecutiveFailures() >= patience) {
            charges.add(new Charge(new Verdict(i, Cause.CONSECUTIVE), 1e9 + one.consecutiveFailures()));
            return;
        }
        if (one.calls() < terms.callsMin()) {
            return;
        }
        double excess = one.failureShare() - median(terms, all, i, Standing::failureShare, 1);
        if (excess >= terms.failureShare()) {
            charges.add(new Charge(new Verdict(i, Cause.FAILURES), 1e6 * (1 + excess)));
            return;
        }
        double usual = median(terms, all, i, Standing::meanNanos, Double.MAX_VALUE);
        if (one.meanNanos() >= terms.slowness() * usual && one.meanNanos() - usual >= terms.slowerByNanos()) {
            charges.add(new Charge(new Verdict(i, Cause.SLOW), one.meanNanos() / usual));
        }
    }

    /// Of the others that are in and had enough calls; `none` where there is no such.
    private static double median(
            Terms terms, List<Standing> all, int except, ToDoubleFunction<Standing> value, double none) {
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            var other = all.get(i);
            if (i != except && !other.isEjected() && other.calls() >= terms.callsMin()) {
                values.add(value.applyAsDouble(other));
            }
        }
        if (values.isEmpty()) {
            return none;
        }
        values.sort(Comparator.naturalOrder());
        return (values.get((values.size() - 1) / 2) + values.get(values.size() / 2)) / 2;
    }

    private EjectionPolicy() {}
}
