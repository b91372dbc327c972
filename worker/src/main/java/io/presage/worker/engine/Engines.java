package io.presage.worker.engine;

import io.presage.worker.artifacts.ModelPackage;

/// Chooses who loads a package. Any thread; blocks when an engine is needed for the first time.
@FunctionalInterface
public interface Engines {
    /// By what `model.yaml` asks for, else by the first bytes of the model file.
    ///
    /// @throws LoadException when no engine reads the file, or the one that does is not installed, not allowed or
    ///     broken
    Engine forPackage(ModelPackage modelPackage) throws LoadException;
}
