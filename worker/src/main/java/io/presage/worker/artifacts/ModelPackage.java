package io.presage.worker.artifacts;

import java.nio.file.Path;

/// An unpacked, checked package.
///
/// @param directory holds nothing but the package's own files
/// @param modelFile inside `directory`
/// @param bytes of the model file with its external data
public record ModelPackage(Path directory, Path modelFile, long bytes, Manifest manifest) {}
