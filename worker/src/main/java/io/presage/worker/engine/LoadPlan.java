package io.presage.worker.engine;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How one instance is to be loaded.
///
/// @param device where it runs
/// @param intraOpThreads threads of one run: 1..256
/// @param derived where the engine may keep what it has made of this package for this device class (an optimised
///     graph) and find it at the next load; goes with the package. Null: nothing is kept
public record LoadPlan(
        Device device, int intraOpThreads, @Nullable Path derived) {}
