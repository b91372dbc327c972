package io.presage.api.shadow;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.presage.api.routes.RoutingIndex;
import io.presage.contract.state.ShadowReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// What shadow calls have shown, for each pair of versions: as metrics, and as sums since the latest report. Any
/// thread.
public final class ShadowTally {
    private final MeterRegistry meters;
    private final Map<Pair, Sums> sums = new ConcurrentHashMap<>();

    public ShadowTally(MeterRegistry meters) {
        this.meters = meters;
    }

    void dropped(Pair pair) {
        sums(pair).add(new Verdict.Dropped(), 0, 0);
    }

    /// Times count for what was compared.
    void add(Pair pair, Verdict verdict, long versionNanos, long shadowNanos) {
        sums(pair).add(verdict, versionNanos, shadowNanos);
    }

    private Sums sums(Pair pair) {
        return sums.computeIfAbsent(pair, key -> new Sums(meters, key));
    }

    /// Up to `pairsMax` pairs that have something new, which is taken from here.
    List<ShadowReport.Pair> take(int pairsMax) {
        List<ShadowReport.Pair> taken = new ArrayList<>();
        for (var entry : sums.entrySet()) {
            if (taken.size() == pairsMax) {
                break;
            }
            entry.getValue().take(entry.getKey(), taken);
        }
        return taken;
    }

    /// Forgets pairs of which `index` no longer has both versions, with what was not reported of them: nobody
    /// can look
    /// at a version that is gone.
    public void retain(RoutingIndex index) {
        if (sums.isEmpty()) {
            return;
        }
        sums.forEach((pair, present) -> {
            if (!index.has(pair.model(), pair.version()) || !index.has(pair.model(), pair.shadow())) {
                sums.remove(pair);
                present.remove(meters);
            }
        });
    }

    private static final class Sums {
        private final Counter same;
        private final Counter different;
        private final Counter mismatched;
        private final Counter failed;
        private final Counter dropped;
        private final Counter topChanged;
        private final Timer versionTimes;
        private final Timer shadowTimes;
        private ShadowReport.Pair fresh;

        Sums(MeterRegistry meters, Pair pair) {
            same = calls(meters, pair, "same");
            different = calls(meters, pair, "different");
            mismatched = calls(meters, pair, "mismatched");
            failed = calls(meters, pair, "failed");
            dropped = calls(meters, pair, "dropped");
            topChanged = Counter.builder("presage_gateway_shadow_top_changed_total")
                    .description("Compared answers in which the greatest number of some row is in another place")
                    .tags(tags(pair))
                    .register(meters);
            versionTimes = times(meters, pair, "answered");
            shadowTimes = times(meters, pair, "shadow");
            fresh = none(pair);
        }

        private static Counter calls(MeterRegistry meters, Pair pair, String result) {
            return Counter.builder("presage_gateway_shadow_calls_total")
                    .description("Shadow calls by what came of them")
                    .tags(tags(pair))
                    .tag("result", result)
                    .register(meters);
        }

        private static Timer times(MeterRegistry meters, Pair pair, String side) {
            return Timer.builder("presage_gateway_shadow_duration_seconds")
                    .description("Of compared calls, how long each version took")
                    .tags(tags(pair))
                    .tag("side", side)
                    .register(meters);
        }

        private static String[] tags(Pair pair) {
            return new String[] {
                "model",
                pair.model(),
                "version",
                Integer.toString(pair.version()),
                "shadow",
                Integer.toString(pair.shadow())
            };
        }

        private static ShadowReport.Pair none(Pair pair) {
            return new ShadowReport.Pair(pair.model(), pair.version(), pair.shadow(), 0, 0, 0, 0, 0, 0, 0, 0, 0);
        }

        synchronized void add(Verdict verdict, long versionNanos, long shadowNanos) {
            switch (verdict) {
                case Verdict.Compared(var isSame, var isTopChanged, var difference) -> {
                    (isSame ? same : different).increment();
                    topChanged.increment(isTopChanged ? 1 : 0);
                    versionTimes.record(versionNanos, TimeUnit.NANOSECONDS);
                    shadowTimes.record(shadowNanos, TimeUnit.NANOSECONDS);
                    fresh = plus(isSame ? 1 : 0, isSame ? 0 : 1, 0, 0, 0, isTopChanged ? 1 : 0);
                    fresh = timed(difference, versionNanos, shadowNanos);
                }
                case Verdict.Mismatched _ -> {
                    mismatched.increment();
                    fresh = plus(0, 0, 1, 0, 0, 0);
                }
                case Verdict.Failed _ -> {
                    failed.increment();
                    fresh = plus(0, 0, 0, 1, 0, 0);
                }
                case Verdict.Dropped _ -> {
                    dropped.increment();
                    fresh = plus(0, 0, 0, 0, 1, 0);
                }
            }
        }

        private ShadowReport.Pair plus(int same, int different, int mismatched, int failed, int dropped, int top) {
            return new ShadowReport.Pair(
                    fresh.model(),
                    fresh.version(),
                    fresh.shadow(),
                    fresh.same() + same,
                    fresh.different() + different,
                    fresh.mismatched() + mismatched,
                    fresh.failed() + failed,
                    fresh.dropped() + dropped,
                    fresh.topChanged() + top,
                    fresh.differenceMax(),
                    fresh.versionNanos(),
                    fresh.shadowNanos());
        }

        private ShadowReport.Pair timed(double difference, long versionNanos, long shadowNanos) {
            return new ShadowReport.Pair(
                    fresh.model(),
                    fresh.version(),
                    fresh.shadow(),
                    fresh.same(),
                    fresh.different(),
                    fresh.mismatched(),
                    fresh.failed(),
                    fresh.dropped(),
                    fresh.topChanged(),
                    Math.max(fresh.differenceMax(), difference),
                    fresh.versionNanos() + versionNanos,
                    fresh.shadowNanos() + shadowNanos);
        }

        synchronized void take(Pair pair, List<ShadowReport.Pair> into) {
            var empty = none(pair);
            if (!fresh.equals(empty)) {
                into.add(fresh);
                fresh = empty;
            }
        }

        void remove(MeterRegistry meters) {
            List.<Meter>of(same, different, mismatched, failed, dropped, topChanged, versionTimes, shadowTimes)
                    .forEach(meters::remove);
        }
    }
}
