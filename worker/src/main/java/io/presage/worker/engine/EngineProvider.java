package io.presage.worker.engine;

import java.nio.file.Path;

/// Makes an optional engine. Found by [java.util.ServiceLoader] among the jars of one folder of
/// `worker.engines.directory`; neither the folder nor its natives are touched before the first package asks for
/// the engine.
public interface EngineProvider {
    /// As in `model.yaml`: `torchscript`, `tensorflow`, `xgboost`, `lightgbm`.
    String name();

    /// Loads the natives; called once in a process, on a loader thread. This provider's class loader is the
    /// thread's
    /// context class loader meanwhile.
    ///
    /// @param pack the folder that the pack's jars lie in; its natives may lie there too. Not to be written
    /// @throws LoadException when the natives cannot be loaded on this machine
    Engine create(Path pack) throws LoadException;
}
