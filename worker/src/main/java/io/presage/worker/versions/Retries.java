package io.presage.worker.versions;

/// When to try again what failed for a reason outside of the version. Pure.
final class Retries {
    /// After that many attempts it counts as failed (and is tried again later); about one minute.
    static final int ATTEMPTS_MAX = 8;

    private static final long FIRST_NANOS = 500_000_000;
    private static final long LAST_NANOS = 30_000_000_000L;

    private Retries() {}

    /// After attempt `attempt`, from 1: doubling.
    static long backoffNanos(int attempt) {
        return Math.min(LAST_NANOS, FIRST_NANOS << Math.min(attempt - 1, 10));
    }
}
