package io.presage.api.grpc;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.grpc`.
///
/// @param streamIdleTimeout a `ModelStreamInfer` or reflection call on which nothing happens is ended after this
///     long, at least 1s
public record GrpcProperties(@DefaultValue("10m") Duration streamIdleTimeout) {
    public GrpcProperties {
        if (streamIdleTimeout.toMillis() < 1000) {
            throw new IllegalArgumentException(
                    "gateway.grpc.stream-idle-timeout: " + streamIdleTimeout + " (expected: at least 1s)");
        }
    }
}
