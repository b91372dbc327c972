package io.presage.engine.torchscript;

import ai.djl.engine.EngineException;
import ai.djl.pytorch.engine.PtEngineProvider;
import ai.djl.pytorch.jni.JniUtils;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.EngineProvider;
import io.presage.worker.engine.LoadException;
import java.nio.file.Path;

/// Found by the worker. The natives are loaded where the pack keeps them: DJL neither unpacks nor looks for any.
public final class TorchscriptProvider implements EngineProvider {
    /// Of the natives in the pack; tells DJL that they go with its own.
    private static final String PYTORCH_VERSION = "2.7.1";

    @Override
    public String name() {
        return TorchscriptEngine.NAME;
    }

    @Override
    public Engine create(Path pack) throws LoadException {
        System.setProperty("PYTORCH_LIBRARY_PATH", pack.resolve("lib").toString());
        System.setProperty("PYTORCH_VERSION", PYTORCH_VERSION);
        System.setProperty("PYTORCH_FLAVOR", "cpu");
        System.setProperty("ai.djl.offline", "true");
        // A second thread pool inside of a run helps only models written for it, and cannot be changed later.
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        try {
            ai.djl.engine.Engine.registerEngine(new PtEngineProvider());
            var engine = ai.djl.engine.Engine.getEngine("PyTorch");
            // Without a call the libraries would be looked for by the first model.
            var _ = JniUtils.getNumThreads();
            return new TorchscriptEngine(engine);
        } catch (EngineException | IllegalArgumentException | LinkageError e) {
            throw new LoadException(
                    new Failure(
                            "load",
                            "engine-broken",
                            "PyTorch: " + TorchFailures.rootOf(e),
                            "Install the pack of this worker's release again; it needs Linux on x86-64 and glibc 2.28."),
                    e);
        }
    }
}
