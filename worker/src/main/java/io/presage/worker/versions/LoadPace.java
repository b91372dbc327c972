package io.presage.worker.versions;

/// How long loads that nobody waits for pause, so that calls of other versions hardly notice them. A load takes a
/// core for a moment, and calls that come in that moment wait longer; what bounds their share is that such moments
/// are rare while calls are run. A worker that runs none loads without a pause. Pure.
///
/// @param share of the machine's CPU time that loads may take while calls are run: above 0; 1 = no pauses
record LoadPace(double share, int cores) {
    /// Of the machine's CPU time, spent in models: from here on the worker counts as busy. It is little, because
    /// small models are quick and what surrounds them is not in it.
    private static final double BUSY = 0.05;
    private static final long PAUSE_NANOS_MAX = 5_000_000_000L;

    /// @param nanos elapsed time
    /// @param cpuNanos of the thread that loads
    /// @param ranNanos that runs of all versions took, over all time
    record Reading(long nanos, long cpuNanos, long ranNanos) {}

    /// 0 or more.
    long pauseNanos(Reading before, Reading after) {
        double elapsed = Math.max(1, after.nanos() - before.nanos());
        double ran = (after.ranNanos() - before.ranNanos()) / (elapsed * cores);
        double cycle = (after.cpuNanos() - before.cpuNanos()) / (share * cores);
        double pause = Math.min(1, ran / BUSY) * (cycle - elapsed);
        return share >= 1 ? 0 : (long) Math.clamp(pause, 0, PAUSE_NANOS_MAX);
    }
}
