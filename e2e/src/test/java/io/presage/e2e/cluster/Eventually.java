package io.presage.e2e.cluster;

import java.time.Duration;
import java.util.Optional;

/// Waits for what other processes do: looks until it is so, fails with its name when it takes too long.
public final class Eventually {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(25);

    /// Returns once `condition` holds.
    public static void holds(String what, Duration max, Check condition) throws Exception {
        present(what, max, () -> condition.holds() ? Optional.of(true) : Optional.empty());
    }

    /// Returns the first value that `source` has.
    public static <T> T present(String what, Duration max, Source<T> source) throws Exception {
        long deadline = System.nanoTime() + max.toNanos();
        while (true) {
            var value = source.look();
            if (value.isPresent()) {
                return value.get();
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError(what + ": not within " + max);
            }
            Thread.sleep(LOOK_AGAIN);
        }
    }

    /// May be looked at many times.
    @FunctionalInterface
    public interface Check {
        boolean holds() throws Exception;
    }

    /// May be looked at many times.
    @FunctionalInterface
    public interface Source<T> {
        Optional<T> look() throws Exception;
    }

    private Eventually() {}
}
