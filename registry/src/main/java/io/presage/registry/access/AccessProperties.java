package io.presage.registry.access;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// `registry.access.*`
///
/// @param bootstrapKeyFile holds the first ADMIN key; written with mode 600 when it is not there. Absent: no
///     key is made, and only keys that exist are accepted
public record AccessProperties(@Nullable Path bootstrapKeyFile) {}
