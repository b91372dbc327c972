package io.presage.api.forward;

/// When a call is sent a second time although the first attempt may still answer ("The Tail at Scale", Dean and
/// Barroso, 2013). Pure; the budget is asked by whoever follows the advice.
public final class HedgePolicy {
    /// For [#delayNanos]: not at all.
    public static final long NEVER = -1;

    /// Nanoseconds after the first attempt began.
    ///
    /// @param usualNanos what all but the slowest calls take; -1 when it is not known
    /// @param leftNanos of the deadline
    public static long delayNanos(HedgingProperties properties, int replicas, long usualNanos, long leftNanos) {
        if (!properties.enabled() || replicas < 2 || usualNanos < 0) {
            return NEVER;
        }
        long delay = Math.max(properties.delayMin().toNanos(), usualNanos);
        // What cannot be answered in time as usual is not worth a second run.
        return delay + usualNanos / 2 >= leftNanos ? NEVER : delay;
    }

    private HedgePolicy() {}
}
