package io.presage.engine.xgboost;

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
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Loads XGBoost models, JSON and UBJ.
final class XgboostEngine implements Engine {
    static final String NAME = "xgboost";

    private final XgboostLibrary library;

    XgboostEngine(XgboostLibrary library) {
        this.library = library;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean reads(ModelPackage modelPackage) {
        try {
            var kind = FileKind.of(modelPackage.modelFile());
            return kind == FileKind.XGBOOST_JSON || kind == FileKind.XGBOOST_UBJ;
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
                    "device: gpu (expected: cpu or any: xgboost runs on CPUs here)",
                    "Set device: any in model.yaml."));
        }
        try {
            var booster = library.create();
            try {
                library.setParam(booster, "nthread", Integer.toString(plan.intraOpThreads()));
                library.setParam(booster, "device", "cpu");
                read(booster, modelPackage.modelFile());
                return Booster.open(library, booster, modelPackage.bytes());
            } catch (XgboostException | LoadException | RuntimeException e) {
                library.free(booster);
                throw e;
            }
        } catch (XgboostException e) {
            throw new LoadException(
                    new Failure(
                            "load",
                            "corrupt-model",
                            "XGBoost: " + e.getMessage(),
                            "Save the model with XGBoost's save_model as model.json or model.ubj and upload it whole."),
                    e);
        }
    }

    private void read(MemorySegment booster, Path file) throws XgboostException, LoadException {
        try (var arena = Arena.ofConfined();
                var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            library.load(booster, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
        } catch (IOException e) {
            throw new LoadException(
                    new Failure("load", "missing-file", String.valueOf(e), "Upload the package again."), e);
        }
    }
}
