package io.presage.worker.engine.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.presage.worker.artifacts.FileKind;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;

/// Loads ONNX files into ONNX Runtime, one environment for the process. Sessions run where they are called
/// (`intra_op = 1`, no spinning): many callers of one thread each give the most answers per CPU second, and a
/// session of many threads burns up to 2.4 times the CPU when all cores are busy.
public final class OnnxEngine implements Engine {
    /// Below this size of a model an arena costs more memory than it saves time.
    private static final long ARENA_BYTES_MIN = 1 << 20;

    /// ONNX Runtime computes what follows from constants while it loads; larger results are left to the runs.
    private static final String FOLDED_BYTES_MAX = String.valueOf(64 << 20);

    /// The runtime, once for the process, and not before it is needed: a worker without models does without.
    private static final class Shared {
        private static final OrtEnvironment ENVIRONMENT = start();

        private static OrtEnvironment start() {
            Telemetry.disable();
            var environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "presage");
            FirstSession.open(environment);
            return environment;
        }
    }

    @Override
    public String name() {
        return "onnxruntime";
    }

    @Override
    public String platform() {
        return "onnxruntime_onnx";
    }

    @Override
    public void start() {
        Objects.requireNonNull(Shared.ENVIRONMENT);
    }

    @Override
    public boolean reads(ModelPackage modelPackage) {
        try {
            return FileKind.of(modelPackage.modelFile()) == FileKind.ONNX;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A session of one thread runs where it is called.
    @Override
    public boolean startsThreads(LoadPlan plan) {
        return plan.intraOpThreads() > 1;
    }

    @Override
    public LoadedModel load(ModelPackage modelPackage, LoadPlan plan) throws LoadException {
        if (plan.device().kind() != Device.Kind.CPU) {
            throw OnnxFailures.noDevice();
        }
        OnnxCheck.check(modelPackage);
        try (var options = new SessionOptions()) {
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            options.setExecutionMode(SessionOptions.ExecutionMode.SEQUENTIAL);
            options.setIntraOpNumThreads(plan.intraOpThreads());
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.addConfigEntry("session.inter_op.allow_spinning", "0");
            // The name's extension must not choose a format that was not checked.
            options.addConfigEntry("session.load_model_format", "ONNX");
            options.addConfigEntry("optimization.constant_folding_max_output_size_in_bytes", FOLDED_BYTES_MAX);
            options.setCPUArenaAllocator(modelPackage.bytes() >= ARENA_BYTES_MIN);
            var environment = Shared.ENVIRONMENT;
            var session = environment.createSession(modelPackage.modelFile().toString(), options);
            return OnnxModel.of(environment, session, modelPackage.bytes());
        } catch (OrtException e) {
            throw OnnxFailures.load(e);
        }
    }
}
