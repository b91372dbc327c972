package io.presage.worker.engine;

import io.presage.worker.artifacts.ModelPackage;
import java.util.Set;

/// A runtime that can load some kinds of model files. Any thread; loading blocks and is costly.
public interface Engine {
    /// As in `model.yaml`: `onnxruntime`.
    String name();

    /// As in OIP's metadata: `onnxruntime_onnx`.
    default String platform() {
        return name();
    }

    /// True when this engine can read the package's model file, judged by its first bytes, not by its name.
    boolean reads(ModelPackage modelPackage);

    /// The kinds of device it can place instances on.
    default Set<Device.Kind> devices() {
        return Set.of(Device.Kind.CPU);
    }

    /// True when its model files may hold code that runs in the process (TorchScript, the operations of a
    /// SavedModel): such engines work only where the operator has allowed them.
    default boolean runsCode() {
        return false;
    }

    /// Loads what all models share, if it is not there yet; called before a [#load] whose memory is measured,
    /// so that
    /// it is the model's own.
    default void start() {}

    /// True when loading starts threads or processes that serve later. They inherit the priority of the thread
    /// that
    /// starts them, so such a load is not run at the low priority of the others.
    default boolean startsThreads(LoadPlan plan) {
        return true;
    }

    /// Loads one instance.
    ///
    /// @throws LoadException with a typed failure: what, why, and how to mend it
    LoadedModel load(ModelPackage modelPackage, LoadPlan plan) throws LoadException;
}
