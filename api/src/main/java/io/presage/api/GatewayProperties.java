package io.presage.api;

import io.presage.api.cache.CacheProperties;
import io.presage.api.feed.FeedProperties;
import io.presage.api.forward.ForwardProperties;
import io.presage.api.forward.HedgingProperties;
import io.presage.api.forward.RegistryProperties;
import io.presage.api.grpc.GrpcProperties;
import io.presage.api.http.HttpProperties;
import io.presage.api.infer.InferProperties;
import io.presage.api.infer.WaitingProperties;
import io.presage.api.limits.LimitProperties;
import io.presage.api.replicas.ReplicaProperties;
import io.presage.api.shadow.ShadowProperties;
import jakarta.validation.Valid;
import java.net.URI;
import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// Everything under `gateway`. A key that is not here stops the start and is named.
///
/// @param id how this gateway calls itself to the registry, `[A-Za-z0-9._-]{1,128}`
/// @param registryUrl `http://host:port` of the registry, without a path
/// @param dataDirectory keeps the last routing table; made if it is missing
@Validated
@ConfigurationProperties(prefix = "gateway", ignoreUnknownFields = false)
public record GatewayProperties(
        @DefaultValue("gateway") String id,
        @DefaultValue("http://127.0.0.1:8090") URI registryUrl,
        @DefaultValue("data/gateway") Path dataDirectory,
        @Valid @DefaultValue HttpProperties http,
        @Valid @DefaultValue GrpcProperties grpc,
        @Valid @DefaultValue InferProperties deadline,
        @Valid @DefaultValue LimitProperties limits,
        @Valid @DefaultValue ReplicaProperties replicas,
        @Valid @DefaultValue ForwardProperties forward,
        @Valid @DefaultValue HedgingProperties hedging,
        @Valid @DefaultValue WaitingProperties waiting,
        @Valid @DefaultValue RegistryProperties registry,
        @Valid @DefaultValue FeedProperties feed,
        @Valid @DefaultValue ShadowProperties shadow,
        @Valid @DefaultValue CacheProperties cache) {
    public GatewayProperties {
        if (!id.matches("[A-Za-z0-9._-]{1,128}")) {
            throw new IllegalArgumentException("gateway.id: " + id + " (expected: [A-Za-z0-9._-]{1,128})");
        }
        boolean http1 = "http".equals(registryUrl.getScheme()) || "https".equals(registryUrl.getScheme());
        boolean bare = registryUrl.getPath() == null
                || registryUrl.getPath().isEmpty()
                || registryUrl.getPath().equals("/");
        if (!http1 || registryUrl.getHost() == null || !bare || registryUrl.getRawQuery() != null) {
            throw new IllegalArgumentException(
                    "gateway.registry-url: " + registryUrl + " (expected: http://host:port)");
        }
    }
}
