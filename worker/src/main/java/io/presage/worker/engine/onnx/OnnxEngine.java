package io.presage.worker.engine.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.presage.worker.artifacts.FileKind;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Loads ONNX files into ONNX Runtime, one environment for the process. Sessions run where they are called
/// (`intra_op = 1`, no spinning): many callers of one thread each give the most answers per CPU second, and a
/// session of many threads burns up to 2.4 times the CPU when all cores are busy.
public final class OnnxEngine implements Engine {
    /// Below this size of a model an arena costs more memory than it saves time.
    private static final long ARENA_BYTES_MIN = 1 << 20;

    /// The native library of 1.29.0 crashes the process while it is loaded when the command line is longer than
    /// about 3,970 bytes (found by trying; it takes a class path of some fifty jars). Better said than suffered.
    private static final int COMMAND_LINE_BYTES_MAX = 3900;

    private final OrtEnvironment environment;

    /// @throws IllegalStateException when the native library would crash this process
    public OnnxEngine() {
        checkCommandLine(commandLineBytes());
        this.environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "presage");
    }

    static void checkCommandLine(int bytes) {
        if (bytes > COMMAND_LINE_BYTES_MAX) {
            throw new IllegalStateException("the command line of this process has " + bytes
                    + " bytes (expected: at most " + COMMAND_LINE_BYTES_MAX
                    + ", above that ONNX Runtime crashes; start with java -jar, an @argument file, or CLASSPATH)");
        }
    }

    /// 0 where /proc is not.
    private static int commandLineBytes() {
        try {
            return Files.readAllBytes(Path.of("/proc/self/cmdline")).length;
        } catch (IOException e) {
            return 0;
        }
    }

    @Override
    public String name() {
        return "onnxruntime";
    }

    @Override
    public boolean reads(ModelPackage modelPackage) {
        try {
            return FileKind.of(modelPackage.modelFile()) == FileKind.ONNX;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public LoadedModel load(ModelPackage modelPackage) throws LoadException {
        if (modelPackage.manifest().device().equals("gpu")) {
            throw OnnxFailures.noDevice();
        }
        ExternalData.check(modelPackage);
        try (var options = new SessionOptions()) {
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            options.setExecutionMode(SessionOptions.ExecutionMode.SEQUENTIAL);
            options.setIntraOpNumThreads(modelPackage.manifest().intraOpThreads());
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.addConfigEntry("session.inter_op.allow_spinning", "0");
            options.setCPUArenaAllocator(modelPackage.bytes() >= ARENA_BYTES_MIN);
            var session = environment.createSession(modelPackage.modelFile().toString(), options);
            return OnnxModel.of(environment, session, modelPackage.bytes());
        } catch (OrtException e) {
            throw OnnxFailures.load(e);
        }
    }
}
