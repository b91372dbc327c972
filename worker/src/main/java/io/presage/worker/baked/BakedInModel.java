package io.presage.worker.baked;

import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One model of the worker's own configuration.
///
/// @param key of the configuration, for messages
/// @param name `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`, as clients call it
/// @param path of a model file, a zip or tar.gz, or a folder
/// @param manifest to be put beside it as `model.yaml`; null when the package speaks for itself
record BakedInModel(
        String key, String name, Path path, @Nullable String manifest) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

    BakedInModel {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalStateException(key + ": '" + name + "' (expected: a model name, " + NAME.pattern() + ")");
        }
    }
}
