package io.presage.api.limits;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.limits`: how much is let in.
///
/// @param permits calls of one key on one model per `period`, for keys without a limit of their own; each
///     gateway counts for itself. 1..1000000000
/// @param period 1ms..1d
/// @param limitersMax pairs of key and model that are remembered at once, 1..10000000; idle ones make room
/// @param gateways how many gateways share limits, as long as the registry was not heard of. 1..1000
/// @param headers answers tell what is left of the tightest limit (`RateLimit`); refusals always do
public record LimitProperties(
        @DefaultValue("10000") @Min(1) @Max(1_000_000_000) int permits,
        @DefaultValue("1s") Duration period,
        @DefaultValue("100000") @Min(1) @Max(10_000_000) int limitersMax,
        @DefaultValue("1") @Min(1) @Max(1000) int gateways,
        @DefaultValue("false") boolean headers,
        @Valid @DefaultValue SliceProperties slices) {
    public LimitProperties {
        if (period.toMillis() < 1 || period.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("gateway.limits.period: " + period + " (expected: 1ms..1d)");
        }
    }
}
