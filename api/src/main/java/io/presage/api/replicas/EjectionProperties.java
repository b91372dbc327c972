package io.presage.api.replicas;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.replicas.ejection`: when a replica of a version gets no calls for a while because the version's
/// others do better. Never more than half of them.
///
/// @param consecutiveFailures in a row that eject, 1..1000
/// @param interval over which replicas are compared, 100ms..1m
/// @param callsMin of a replica in an interval before it is compared, 1..100000
/// @param failurePercent a share of failures so much above the others' median ejects, 1..100
/// @param slowness a mean duration so many times the others' median ejects, 2..100, if it is
/// @param slowerBy also longer by this, at least 0
/// @param time of the first ejection, 100ms..`time-max`; each further one takes twice as long
/// @param timeMax of any
public record EjectionProperties(
        @DefaultValue("5") @Min(1) @Max(1000) int consecutiveFailures,
        @DefaultValue("1s") Duration interval,
        @DefaultValue("20") @Min(1) @Max(100_000) int callsMin,
        @DefaultValue("30") @Min(1) @Max(100) int failurePercent,
        @DefaultValue("3") @Min(2) @Max(100) int slowness,
        @DefaultValue("20ms") Duration slowerBy,
        @DefaultValue("2s") Duration time,
        @DefaultValue("1m") Duration timeMax) {
    private static final String PREFIX = "gateway.replicas.ejection.";

    public EjectionProperties {
        if (interval.toMillis() < 100 || interval.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException(PREFIX + "interval: " + interval + " (expected: 100ms..1m)");
        }
        if (slowerBy.isNegative()) {
            throw new IllegalArgumentException(PREFIX + "slower-by: " + slowerBy + " (expected: at least 0)");
        }
        if (time.toMillis() < 100 || time.compareTo(timeMax) > 0) {
            throw new IllegalArgumentException(
                    PREFIX + "time, time-max: " + time + ", " + timeMax + " (expected: 100ms..time-max)");
        }
    }

    EjectionPolicy.Terms terms() {
        return new EjectionPolicy.Terms(
                consecutiveFailures,
                interval.toNanos(),
                callsMin,
                failurePercent / 100.0,
                slowness,
                slowerBy.toNanos(),
                time.toNanos(),
                timeMax.toNanos());
    }
}
