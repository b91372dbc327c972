package io.presage.api.forward;

/// How many retries are affordable: each call earns a part of one, and a floor is earned with time, so that a
/// quiet gateway can retry too. What is saved is bounded, so that a long calm does not pay for a storm: in an
/// outage, retries add at most the part to the load (Finagle's `RetryBudget`). Immutable; pure.
///
/// @param saved in thousandths of a retry
/// @param earnedNanos until when the floor was earned
record RetryBudget(long saved, long earnedNanos) {
    private static final long RETRY = 1000;

    /// @param percentOfCalls 0..100
    /// @param floorPerSecond retries earned without any call
    /// @param savedMax retries
    record Terms(int percentOfCalls, int floorPerSecond, int savedMax) {}

    static RetryBudget full(Terms terms, long nowNanos) {
        return new RetryBudget(terms.savedMax() * RETRY, nowNanos);
    }

    RetryBudget afterCall(Terms terms) {
        return new RetryBudget(bounded(terms, saved + terms.percentOfCalls() * RETRY / 100), earnedNanos);
    }

    /// What the passing of time has earned.
    RetryBudget at(Terms terms, long nowNanos) {
        long earned = (long) ((nowNanos - earnedNanos) / 1e9 * terms.floorPerSecond() * RETRY);
        return earned <= 0 ? this : new RetryBudget(bounded(terms, saved + earned), nowNanos);
    }

    boolean affordsRetry() {
        return saved >= RETRY;
    }

    RetryBudget afterRetry() {
        return new RetryBudget(saved - RETRY, earnedNanos);
    }

    private static long bounded(Terms terms, long saved) {
        return Math.min(saved, terms.savedMax() * RETRY);
    }
}
