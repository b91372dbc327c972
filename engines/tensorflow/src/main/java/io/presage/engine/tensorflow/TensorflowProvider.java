package io.presage.engine.tensorflow;

import io.presage.contract.state.Failure;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.EngineProvider;
import io.presage.worker.engine.LoadException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.tensorflow.TensorFlow;

/// Found by the worker. The natives are loaded where the pack keeps them: JavaCPP neither unpacks nor looks for
/// any.
public final class TensorflowProvider implements EngineProvider {
    /// In the order in which they need each other.
    private static final List<String> LIBRARIES =
            List.of("libtensorflow_framework.so.2", "libtensorflow_cc.so.2", "libjnitensorflow.so");

    @Override
    public String name() {
        return TensorflowEngine.NAME;
    }

    @Override
    @SuppressWarnings("restricted") // Natives are what a pack is for; native access is enabled.
    public Engine create(Path pack) throws LoadException {
        try {
            // Errors only: TensorFlow writes a line for each failed run, which its caller gets anyway.
            setEnvironment("TF_CPP_MIN_LOG_LEVEL", "2");
            System.setProperty("org.bytedeco.javacpp.loadlibraries", "false");
            for (var library : LIBRARIES) {
                System.load(
                        pack.resolve("lib").resolve(library).toAbsolutePath().toString());
            }
            // The first call binds Java's side to the libraries.
            var _ = TensorFlow.version();
            return new TensorflowEngine();
        } catch (LinkageError | RuntimeException e) {
            throw new LoadException(
                    new Failure(
                            "load",
                            "engine-broken",
                            "TensorFlow: " + e,
                            "Install the pack of this worker's release again; it needs Linux on x86-64 and glibc 2.28."),
                    e);
        }
    }

    /// TensorFlow reads its environment when it is loaded, and Java cannot change its own; the C library can.
    /// What the
    /// operator has set stays.
    @SuppressWarnings("restricted")
    private static void setEnvironment(String variable, String value) {
        var linker = Linker.nativeLinker();
        var setenv = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("setenv"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        try (var arena = Arena.ofConfined()) {
            int _ = (int) setenv.invokeExact(arena.allocateFrom(variable), arena.allocateFrom(value), 0);
        } catch (Throwable e) {
            throw new IllegalStateException("setenv " + variable, e);
        }
    }
}
