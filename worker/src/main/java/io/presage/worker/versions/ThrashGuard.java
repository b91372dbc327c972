package io.presage.worker.versions;

import java.util.ArrayDeque;

/// Tells when evictions only chase each other. Guarded by the lock of [Versions].
///
/// A version that is asked for within a minute of its eviction should not have gone: the time that it takes to
/// load
/// it again is wasted. Once more than the budget of a minute was wasted in the last minute, nothing is evicted
/// for a
/// call until enough of that minute is over. Time, not a count, is what is bounded: a thousand versions that
/// load in
/// a millisecond may take turns all day, two that take ten seconds may not.
final class ThrashGuard {
    private static final long MINUTE_NANOS = 60_000_000_000L;

    private final long budgetNanos;
    private final ArrayDeque<Waste> wastes = new ArrayDeque<>();
    private long wastedNanos;

    private record Waste(long atNanos, long nanos) {}

    /// @param budgetNanos load time that may be wasted in a minute
    ThrashGuard(long budgetNanos) {
        this.budgetNanos = budgetNanos;
    }

    /// A version that was evicted at `evictedNanos` is back after a load of `loadNanos`.
    void reloaded(long evictedNanos, long loadNanos, long nowNanos) {
        if (nowNanos - loadNanos - evictedNanos < MINUTE_NANOS) {
            wastes.addLast(new Waste(nowNanos, loadNanos));
            wastedNanos += loadNanos;
        }
    }

    /// When evictions for calls are sensible again; `nowNanos` when they are now.
    long openNanos(long nowNanos) {
        while (!wastes.isEmpty() && nowNanos - wastes.getFirst().atNanos() >= MINUTE_NANOS) {
            wastedNanos -= wastes.removeFirst().nanos();
        }
        long wasted = wastedNanos;
        long open = nowNanos;
        for (var waste : wastes) {
            if (wasted <= budgetNanos) {
                break;
            }
            wasted -= waste.nanos();
            open = waste.atNanos() + MINUTE_NANOS;
        }
        return open;
    }
}
