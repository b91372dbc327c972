package io.presage.engine.lightgbm;

import io.presage.worker.engine.Engine;
import io.presage.worker.engine.EngineProvider;
import io.presage.worker.engine.LoadException;
import java.nio.file.Path;

/// Found by the worker.
public final class LightgbmProvider implements EngineProvider {
    @Override
    public String name() {
        return LightgbmEngine.NAME;
    }

    @Override
    public Engine create(Path pack) throws LoadException {
        return new LightgbmEngine(
                LightgbmLibrary.load(pack.resolve("com/microsoft/ml/lightgbm/linux/x86_64/lib_lightgbm.so")));
    }
}
