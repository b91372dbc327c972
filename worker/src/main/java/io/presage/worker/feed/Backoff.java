package io.presage.worker.feed;

import java.util.random.RandomGenerator;

/// How long to wait before the next try: doubling from 100 ms to 5 s, and of that a random half, so that
/// workers do not all come back at the same moment. One thread.
final class Backoff {
    private static final long FIRST_MILLIS = 100;
    private static final long LAST_MILLIS = 5000;

    private final RandomGenerator random;
    private int failures;

    Backoff(RandomGenerator random) {
        this.random = random;
    }

    long nextMillis() {
        long full = Math.min(LAST_MILLIS, FIRST_MILLIS << Math.min(failures, 16));
        failures++;
        return full / 2 + random.nextLong(full / 2 + 1);
    }

    int failures() {
        return failures;
    }

    void reset() {
        failures = 0;
    }
}
