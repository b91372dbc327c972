package io.presage.api.feed;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// Waits after failures in a row: doubling up to a bound, and of each a random half, so that many gateways do
/// not come back at the same moment. Pure.
record Backoff(Duration min, Duration max) {
    /// `failures`: 1 or more.
    Duration after(int failures, RandomGenerator random) {
        long doubled = min.toMillis() << Math.min(failures - 1, 20);
        long bounded = Math.min(doubled, max.toMillis());
        return Duration.ofMillis(bounded / 2 + random.nextLong(bounded / 2 + 1));
    }
}
