package io.presage.worker.baked;

import java.nio.file.Path;
import java.util.Map;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `worker.baked-in.*`.
///
/// @param models name and package of each: a model file, a zip or tar.gz, or a folder; served as version 1. Empty:
///     none, or the one that `djl.*` describes
public record BakedInSettings(@DefaultValue Map<String, Path> models) {
    public BakedInSettings {
        models = Map.copyOf(models);
    }
}
