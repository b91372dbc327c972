package io.presage.registry.validation;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `registry.validation.*`; attempts and timeout hold for derivations too.
///
/// @param attemptsMax a version is rejected after so many validations were lost with their worker
/// @param timeout a validation without an answer for this long is lost
/// @param perWorkerMax validations that one worker is given at the same time
public record ValidationProperties(
        @DefaultValue("3") @Min(1) @Max(100) int attemptsMax,
        @DefaultValue("15m") Duration timeout,
        @DefaultValue("2") @Min(1) @Max(100) int perWorkerMax) {
    public ValidationProperties {
        if (timeout.toMillis() < 1000) {
            throw new IllegalArgumentException("registry.validation.timeout: " + timeout + " (expected: at least 1s)");
        }
    }
}
