package io.presage.api.forward;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.registry`: how `/api/v1` is passed on.
///
/// @param connectionsMax from one event loop, 1..65535
/// @param waitingMax calls of one event loop that wait for a connection, 0..1000000
/// @param connectTimeout at least 1ms
/// @param silenceTimeout the registry is given up when no byte moved for this long, in either direction; at
///     least 1s
/// @param idleConnectionTtl an unused connection is closed after this long, at least 1s; keep it below the
///     registry's
public record RegistryProperties(
        @DefaultValue("64") @Min(1) @Max(65_535) int connectionsMax,
        @DefaultValue("256") @Min(0) @Max(1_000_000) int waitingMax,
        @DefaultValue("2s") Duration connectTimeout,
        @DefaultValue("60s") Duration silenceTimeout,
        @DefaultValue("10s") Duration idleConnectionTtl) {
    public RegistryProperties {
        if (connectTimeout.toMillis() < 1 || silenceTimeout.toSeconds() < 1 || idleConnectionTtl.toSeconds() < 1) {
            throw new IllegalArgumentException("gateway.registry: connect-timeout " + connectTimeout
                    + ", silence-timeout " + silenceTimeout + ", idle-connection-ttl " + idleConnectionTtl
                    + " (expected: at least 1ms, 1s, 1s)");
        }
    }
}
