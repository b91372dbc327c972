package io.presage.registry.feed;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `registry.feed.*`
///
/// @param pollWait how long a poll waits for something newer before it is answered 204
/// @param pollsMax polls that wait at the same time; further ones are refused with `Retry-After`
/// @param period how often the revision is looked up even if no notification came
public record FeedProperties(
        @DefaultValue("25s") Duration pollWait,
        @DefaultValue("2000") @Min(1) @Max(100000) int pollsMax,
        @DefaultValue("5s") Duration period) {
    public FeedProperties {
        if (pollWait.isNegative() || pollWait.isZero()) {
            throw new IllegalArgumentException("registry.feed.poll-wait: " + pollWait + " (expected: more than 0)");
        }
        if (period.toMillis() < 10) {
            throw new IllegalArgumentException("registry.feed.period: " + period + " (expected: at least 10ms)");
        }
    }
}
