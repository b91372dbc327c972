package io.presage.api.limits;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.limits`: how often one key may call one model.
///
/// @param permits calls per `period` for keys without a limit of their own, 1..1000000000
/// @param period 1ms..1d
/// @param limitersMax pairs of key and model that are remembered at once, 1..10000000; idle ones make room
public record LimitProperties(
        @DefaultValue("10000") @Min(1) @Max(1_000_000_000) int permits,
        @DefaultValue("1s") Duration period,
        @DefaultValue("100000") @Min(1) @Max(10_000_000) int limitersMax) {
    public LimitProperties {
        if (period.toMillis() < 1 || period.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("gateway.limits.period: " + period + " (expected: 1ms..1d)");
        }
    }
}
