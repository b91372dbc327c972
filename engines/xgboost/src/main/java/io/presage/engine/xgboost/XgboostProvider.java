package io.presage.engine.xgboost;

import io.presage.worker.engine.Engine;
import io.presage.worker.engine.EngineProvider;
import io.presage.worker.engine.LoadException;
import java.nio.file.Path;

/// Found by the worker.
public final class XgboostProvider implements EngineProvider {
    @Override
    public String name() {
        return XgboostEngine.NAME;
    }

    @Override
    public Engine create(Path pack) throws LoadException {
        return new XgboostEngine(XgboostLibrary.load(pack.resolve("lib/linux/x86_64/libxgboost4j.so")));
    }
}
