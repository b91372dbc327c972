package io.presage.api.replicas;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.replicas.concurrency`: calls that one gateway has on one version at once. The limit follows the
/// measured duration of calls; `min` = `max` fixes it.
///
/// @param min the limit never falls below it, 1..`max`
/// @param initial of a version that was not called yet, `min`..`max`
/// @param max the limit never grows beyond it, at most 1000000
/// @param tolerancePercent calls may take so much of what they take without a queue, 110..1000
/// @param queueing and so much longer in any case, before the limit falls: 0..10s
/// @param probe how often the limit is halved for a moment to see what calls take without a queue, at least 1s
/// @param highPercent share of the limit that is kept for calls of high priority, 0..100; the three at most 100
/// @param normalPercent the same of normal priority
/// @param lowPercent the same of low priority
public record ConcurrencyProperties(
        @DefaultValue("8") @Min(1) int min,
        @DefaultValue("512") int initial,
        @DefaultValue("4096") @Max(1_000_000) int max,
        @DefaultValue("200") @Min(110) @Max(1000) int tolerancePercent,
        @DefaultValue("50ms") Duration queueing,
        @DefaultValue("10s") Duration probe,
        @DefaultValue("20") @Min(0) int highPercent,
        @DefaultValue("10") @Min(0) int normalPercent,
        @DefaultValue("5") @Min(0) int lowPercent) {
    private static final String PREFIX = "gateway.replicas.concurrency.";

    public ConcurrencyProperties {
        if (min > initial || initial > max) {
            throw new IllegalArgumentException(PREFIX + "min, initial, max: " + min + ", " + initial + ", " + max
                    + " (expected: none larger than the next)");
        }
        if (queueing.isNegative() || queueing.compareTo(Duration.ofSeconds(10)) > 0) {
            throw new IllegalArgumentException(PREFIX + "queueing: " + queueing + " (expected: 0..10s)");
        }
        if (probe.toSeconds() < 1) {
            throw new IllegalArgumentException(PREFIX + "probe: " + probe + " (expected: at least 1s)");
        }
        if (highPercent + normalPercent + lowPercent > 100) {
            throw new IllegalArgumentException(PREFIX + "high-percent, normal-percent, low-percent: " + highPercent
                    + ", " + normalPercent + ", " + lowPercent + " (expected: at most 100 together)");
        }
    }

    ConcurrencyLimit.Terms terms() {
        return new ConcurrencyLimit.Terms(
                min, initial, max, tolerancePercent / 100.0, queueing.toNanos(), probe.toNanos());
    }

    Shares shares() {
        return new Shares(highPercent, normalPercent, lowPercent);
    }
}
