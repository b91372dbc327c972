package io.presage.bench;

import java.time.Duration;

/// How long a measurement takes. Warm-up is by requests: a JVM that has answered few is another server than one
/// that has answered many, whatever the clock says.
///
/// @param rounds in which every subject is measured once; the report's figures are medians over them
/// @param round load of one subject in one round
/// @param warmUpRequests before the first round
/// @param warmUpLimit a slow subject is measured after that, and the report says how warm it was
record Plan(int rounds, Duration round, long warmUpRequests, Duration warmUpLimit) {
    /// Of calls that take microseconds.
    static Plan small(boolean quick) {
        return quick
                ? new Plan(3, Duration.ofSeconds(2), 50_000, Duration.ofSeconds(4))
                : new Plan(7, Duration.ofSeconds(3), 200_000, Duration.ofSeconds(12));
    }

    /// Of forwarding, where the slowest takes much longer than the others to be warm.
    static Plan forwarding(boolean quick) {
        return quick
                ? new Plan(3, Duration.ofSeconds(2), 50_000, Duration.ofSeconds(6))
                : new Plan(7, Duration.ofSeconds(3), 200_000, Duration.ofSeconds(40));
    }

    /// Of calls that take milliseconds: what surrounds the model is warmed by [Warmth] beforehand.
    static Plan large(boolean quick) {
        return quick
                ? new Plan(2, Duration.ofSeconds(3), 300, Duration.ofSeconds(3))
                : new Plan(9, Duration.ofSeconds(3), 2_000, Duration.ofSeconds(5));
    }
}
