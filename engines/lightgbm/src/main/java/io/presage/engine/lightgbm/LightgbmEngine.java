package io.presage.engine.lightgbm;

import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.FileKind;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import java.io.IOException;
import java.io.UncheckedIOException;

/// Loads LightGBM's text models.
final class LightgbmEngine implements Engine {
    static final String NAME = "lightgbm";

    private final LightgbmLibrary library;

    LightgbmEngine(LightgbmLibrary library) {
        this.library = library;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean reads(ModelPackage modelPackage) {
        try {
            return FileKind.of(modelPackage.modelFile()) == FileKind.LIGHTGBM;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public LoadedModel load(ModelPackage modelPackage, LoadPlan plan) throws LoadException {
        if (plan.device().kind() != Device.Kind.CPU) {
            throw new LoadException(new Failure(
                    "load",
                    "unsupported-device",
                    "device: gpu (expected: cpu or any: lightgbm runs on CPUs here)",
                    "Set device: any in model.yaml."));
        }
        try {
            var booster = library.load(modelPackage.modelFile().toAbsolutePath().toString());
            try {
                return Booster.open(library, booster, plan.intraOpThreads(), modelPackage.bytes());
            } catch (LightgbmException | LoadException | RuntimeException e) {
                library.free(booster);
                throw e;
            }
        } catch (LightgbmException e) {
            throw new LoadException(
                    new Failure(
                            "load",
                            "corrupt-model",
                            "LightGBM: " + e.getMessage(),
                            "Save the model with LightGBM's save_model as model.txt and upload it whole."),
                    e);
        }
    }
}
