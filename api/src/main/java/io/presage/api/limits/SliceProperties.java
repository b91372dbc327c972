package io.presage.api.limits;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.limits.slices`: how several gateways share limits.
///
/// @param interval how often this gateway asks for its slices, 100ms..10s; a limit that is new here is asked
///     for after 100ms at the latest
/// @param timeout longest wait for an answer, at least 50ms
public record SliceProperties(
        @DefaultValue("1s") Duration interval,
        @DefaultValue("1s") Duration timeout) {
    public SliceProperties {
        if (interval.toMillis() < 100 || interval.toSeconds() > 10) {
            throw new IllegalArgumentException(
                    "gateway.limits.slices.interval: " + interval + " (expected: 100ms..10s)");
        }
        if (timeout.toMillis() < 50) {
            throw new IllegalArgumentException(
                    "gateway.limits.slices.timeout: " + timeout + " (expected: at least 50ms)");
        }
    }
}
