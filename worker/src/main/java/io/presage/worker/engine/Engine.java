package io.presage.worker.engine;

import io.presage.worker.artifacts.ModelPackage;

/// A runtime that can load some kinds of model files. Any thread; loading blocks and is costly.
public interface Engine {
    /// As in `model.yaml`: `onnxruntime`.
    String name();

    /// True when this engine can read the package's model file, judged by its first bytes, not by its name.
    boolean reads(ModelPackage modelPackage);

    /// Loads one instance.
    ///
    /// @throws LoadException with a typed failure: what, why, and how to mend it
    LoadedModel load(ModelPackage modelPackage) throws LoadException;
}
