package io.presage.api.infer;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.waiting`: calls for versions that are being loaded and have no replica yet.
///
/// @param callsMax that wait at once, 0..100000; further ones get 503. 0: none waits
public record WaitingProperties(
        @DefaultValue("1024") @Min(0) @Max(100_000) int callsMax) {}
