package io.presage.api.infer;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;

/// `gateway.deadline`.
///
/// @param byDefault `gateway.deadline.default`: how long a call may take whose caller does not say, 1ms..10m
public record InferProperties(
        @Name("default") @DefaultValue("30s") Duration byDefault) {
    public InferProperties {
        if (byDefault.toMillis() < 1 || byDefault.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new IllegalArgumentException("gateway.deadline.default: " + byDefault + " (expected: 1ms..10m)");
        }
    }
}
