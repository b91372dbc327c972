package io.presage.api.replicas;

/// How many calls a version may have at once, learned from how long they take: while calls take about as long
/// as they take without a queue, and the room is wanted, the limit grows; when they take longer, it falls in
/// proportion. What they take without a queue (the floor) is measured when few are in flight, or else by
/// halving the limit for a moment every so often: by Little's law half the calls take half the time when they
/// queue, and as long as before when they do not. Means are compared with means, so that a mix of small and
/// large calls is its own measure.
///
/// After Netflix's `Gradient2Limit` and Envoy's adaptive concurrency; the probing floor is BBR's. The absolute
/// allowance is needed by versions of a tenth of a millisecond: there a pause of the garbage collector is a
/// hundred times the floor, and says nothing about a queue.
///
/// Immutable; pure: a window that ended in, the next limit out.
///
/// @param value calls, between the terms' bounds
/// @param floorNanos 0 while nothing was measured
/// @param meanNanos of the window before; 0 before the first
/// @param isClimbing until calls take too long for the first time the limit doubles
/// @param isProbing the window that runs is one with half the limit
/// @param probedNanos when the floor was measured last
record ConcurrencyLimit(
        double value, double floorNanos, double meanNanos, boolean isClimbing, boolean isProbing, long probedNanos) {
    private static final long WINDOW_NANOS_MIN = 100_000_000;
    private static final int WINDOW_CALLS_MIN = 10;

    /// @param tolerance times the floor that calls may take
    /// @param queueingNanos that they may take longer than the floor in any case
    record Terms(int min, int initial, int max, double tolerance, long queueingNanos, long probeEveryNanos) {}

    /// What was seen while one limit was in force.
    ///
    /// @param calls that were run, or were given up after having run for longer than the floor
    /// @param meanNanos of them
    /// @param overloads answers that said that a queue is full
    /// @param peak most calls in flight
    /// @param isCrowded calls were refused for want of room
    record Window(int calls, double meanNanos, int overloads, int peak, boolean isCrowded) {}

    static ConcurrencyLimit initial(Terms terms, long nowNanos) {
        return new ConcurrencyLimit(terms.initial(), 0, 0, true, false, nowNanos);
    }

    /// What may be in flight now.
    int permits(Terms terms) {
        return Math.max(terms.min(), (int) (isProbing ? value / 2 : value));
    }

    /// Whether a window that has lasted `nanos` can be judged: it must be longer than most calls that began in
    /// it, or it would see the short ones only.
    boolean isOver(long nanos, int calls, int overloads) {
        return nanos >= Math.max(WINDOW_NANOS_MIN, 2 * meanNanos) && calls + overloads >= WINDOW_CALLS_MIN;
    }

    ConcurrencyLimit next(Terms terms, Window window, long nowNanos) {
        boolean measures = isProbing || !window.isCrowded() && window.peak() * 2 <= value || value <= terms.min();
        double floor = window.calls() == 0 ? floorNanos : floor(window.meanNanos(), measures);
        double mean = window.calls() == 0 ? meanNanos : window.meanNanos();
        if (isProbing) {
            return new ConcurrencyLimit(value, floor, mean, isClimbing, false, nowNanos);
        }
        long probed = measures ? nowNanos : probedNanos;
        double ratio = Math.min(patience(terms, floor, mean), tolerated(window));
        boolean isFull = ratio < 1;
        double next = isFull ? fallen(window, ratio) : grown(window);
        boolean isProbeDue = !measures && nowNanos - probed >= terms.probeEveryNanos();
        return new ConcurrencyLimit(
                Math.clamp(next, terms.min(), terms.max()), floor, mean, isClimbing && !isFull, isProbeDue, probed);
    }

    private double floor(double mean, boolean measures) {
        if (floorNanos == 0) {
            return mean;
        }
        if (mean < floorNanos) {
            return (mean + floorNanos) / 2;
        }
        // Slowly: a moment of trouble elsewhere must not become the measure.
        return measures ? floorNanos + Math.min(mean - floorNanos, floorNanos) / 4 : floorNanos;
    }

    private static double patience(Terms terms, double floor, double mean) {
        double allowed = Math.max(floor * terms.tolerance(), floor + terms.queueingNanos());
        return mean == 0 ? 1 : Math.max(0.5, Math.min(1, allowed / mean));
    }

    private static double tolerated(Window window) {
        double share = (double) window.overloads() / Math.max(1, window.calls() + window.overloads());
        return Math.max(0.5, 1 - share);
    }

    /// A limit that was not reached did not cause the wait; it falls to what was used at most.
    private double fallen(Window window, double ratio) {
        double used = Math.min(value, window.peak());
        return window.isCrowded() || window.peak() * 2 > value ? used * ratio : Math.max(used, value * ratio);
    }

    private double grown(Window window) {
        boolean isWanted = window.isCrowded() || window.peak() * 2 > value;
        if (!isWanted) {
            return value;
        }
        return isClimbing ? value * 2 : value + Math.max(1, Math.sqrt(value));
    }
}
