package io.presage.registry.artifacts;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// `registry.artifacts.*`
///
/// @param directory where packages are kept; several registries share one file system here
/// @param bytesMax the largest package that is accepted
/// @param uploadsMax uploads at the same time; further ones are refused with `Retry-After`
public record ArtifactProperties(
        @DefaultValue("data/artifacts") Path directory,
        @DefaultValue("16GB") DataSize bytesMax,
        @DefaultValue("16") @Min(1) @Max(1000) int uploadsMax) {
    public ArtifactProperties {
        if (bytesMax.toBytes() < 1) {
            throw new IllegalArgumentException(
                    "registry.artifacts.bytes-max: " + bytesMax + " (expected: at least 1B)");
        }
    }
}
