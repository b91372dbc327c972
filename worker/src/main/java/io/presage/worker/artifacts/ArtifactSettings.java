package io.presage.worker.artifacts;

import jakarta.validation.constraints.NotNull;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// `worker.artifacts.*`.
///
/// @param bytesMax unpacked packages kept on disk; the least recently used go first, never one in use. Also the
///     largest package that is unpacked at all
public record ArtifactSettings(
        @DefaultValue("20GB") @NotNull DataSize bytesMax) {
    public ArtifactSettings {
        if (bytesMax.toBytes() < 1) {
            throw new IllegalArgumentException("worker.artifacts.bytes-max: " + bytesMax + " (expected: at least 1 B)");
        }
    }
}
