package io.presage.worker.batching;

/// The expected time from one arrival to the next: a moving mean over about the last [#SPAN] arrivals. Long
/// before the first arrivals, and after a pause. One thread, or under its owner's lock.
final class ArrivalGap {
    /// A pause counts as at most this.
    static final long NANOS_MAX = 5_000_000_000L;

    private static final int SPAN = 16;

    private double meanNanos = NANOS_MAX;
    private long lastNanos;
    private boolean isFirst = true;

    void arrived(long nowNanos) {
        if (isFirst) {
            isFirst = false;
            lastNanos = nowNanos;
            return;
        }
        // Calls are prepared side by side: one may be submitted after a later one.
        long gap = Math.clamp(nowNanos - lastNanos, 0, NANOS_MAX);
        meanNanos += (gap - meanNanos) / SPAN;
        lastNanos += gap == NANOS_MAX ? nowNanos - lastNanos : gap;
    }

    /// A wait for company has ended without any: where callers were many a moment ago, there may be one left.
    void awaitedInVain(long nowNanos) {
        meanNanos = Math.clamp(2.0 * (nowNanos - lastNanos), meanNanos, Math.max(meanNanos, NANOS_MAX));
    }

    long nanos() {
        return (long) meanNanos;
    }
}
