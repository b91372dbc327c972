package io.presage.worker.engine;

/// Makes an optional engine. Found by [java.util.ServiceLoader] among the jars of one folder of
/// `worker.engines.directory`; neither the folder nor its natives are touched before the first package asks for
/// the engine.
public interface EngineProvider {
    /// As in `model.yaml`: `torchscript`, `tensorflow`, `xgboost`, `lightgbm`.
    String name();

    /// Loads the natives; called once, on a loader thread.
    ///
    /// @throws LoadException when the natives cannot be loaded on this machine
    Engine create() throws LoadException;
}
