package io.presage.worker;

import io.presage.worker.artifacts.ArtifactSettings;
import io.presage.worker.baked.BakedInSettings;
import io.presage.worker.batching.BatchSettings;
import io.presage.worker.engine.DeviceSettings;
import io.presage.worker.engine.packs.EngineSettings;
import io.presage.worker.infer.HttpSettings;
import io.presage.worker.tuning.TuningSettings;
import io.presage.worker.versions.VersionSettings;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// Everything under `worker`. A key that is not here stops the start and is named.
///
/// @param id `[A-Za-z0-9._-]{1,128}`, stable over restarts; empty = made once and kept in the data directory
/// @param registryUrl `http://host:port` of the registry, without a path; empty = none, baked-in models alone
/// @param advertisedHost where gateways reach the inference port; empty = `worker.http.host`, or this machine's
///     address when that is a wildcard
/// @param dataDirectory keeps packages, the last desired state and the id; made if it is missing
/// @param memoryMax that loaded models may take; 0 = half of the machine's or container's memory
/// @param drainGrace how long a version that is no longer wanted keeps taking calls
/// @param shutdownGrace how long a worker that was asked to stop keeps taking calls
@Validated
@ConfigurationProperties(prefix = "worker", ignoreUnknownFields = false)
public record WorkerProperties(
        @DefaultValue("") @NotNull String id,
        @DefaultValue("") @NotNull String registryUrl,
        @DefaultValue("") @NotNull String advertisedHost,
        @DefaultValue("data/worker") @NotNull Path dataDirectory,
        @DefaultValue("0") @NotNull DataSize memoryMax,
        @DefaultValue("10s") @NotNull Duration drainGrace,
        @DefaultValue("5s") @NotNull Duration shutdownGrace,
        @Valid @DefaultValue HttpSettings http,
        @Valid @DefaultValue ArtifactSettings artifacts,
        @Valid @DefaultValue VersionSettings versions,
        @Valid @DefaultValue BatchSettings batching,
        @Valid @DefaultValue BakedInSettings bakedIn,
        @Valid @DefaultValue EngineSettings engines,
        @Valid @DefaultValue TuningSettings tuning,
        @Valid @DefaultValue DeviceSettings devices) {
    public WorkerProperties {
        if (memoryMax.toBytes() < 0) {
            throw new IllegalArgumentException("worker.memory-max: " + memoryMax + " (expected: 0 or more)");
        }
        if (drainGrace.isNegative() || shutdownGrace.isNegative()) {
            throw new IllegalArgumentException("worker.drain-grace and shutdown-grace: " + drainGrace + ", "
                    + shutdownGrace + " (expected: 0 or more)");
        }
    }

    /// @throws IllegalStateException when it is no plain `http://host:port`
    URI registry() {
        URI uri;
        try {
            uri = URI.create(registryUrl);
        } catch (IllegalArgumentException e) {
            throw notAnAddress(e);
        }
        var isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        var isBare = uri.getPath() == null
                || uri.getPath().isEmpty()
                || uri.getPath().equals("/");
        if (!isHttp || uri.getHost() == null || !isBare || uri.getRawQuery() != null) {
            throw notAnAddress(null);
        }
        return uri;
    }

    private IllegalStateException notAnAddress(@org.jspecify.annotations.Nullable Throwable cause) {
        return new IllegalStateException(
                "worker.registry-url: " + registryUrl + " (expected: http://host:port)", cause);
    }
}
