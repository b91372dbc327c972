package io.presage.engine.torchscript;

import ai.djl.Model;
import ai.djl.engine.Engine;
import io.presage.contract.infer.Signature;
import java.util.concurrent.atomic.AtomicInteger;

/// A loaded module, shared by its views: PyTorch runs a module on many threads at once. Closed by the last view.
final class TorchModule {
    private final Engine engine;
    private final Model model;
    private final Signature signature;
    private final int threads;
    private final long bytes;
    private final AtomicInteger views = new AtomicInteger();

    /// Takes the model over. `threads`: of one run.
    TorchModule(Engine engine, Model model, Signature signature, int threads, long bytes) {
        this.engine = engine;
        this.model = model;
        this.signature = signature;
        this.threads = threads;
        this.bytes = bytes;
    }

    TorchView view() {
        views.incrementAndGet();
        return new TorchView(this);
    }

    void release() {
        int left = views.decrementAndGet();
        if (left == 0) {
            model.close();
        } else if (left < 0) {
            throw new IllegalStateException("module released more often than it was taken. This is a bug.");
        }
    }

    Engine engine() {
        return engine;
    }

    Model model() {
        return model;
    }

    Signature signature() {
        return signature;
    }

    int threads() {
        return threads;
    }

    long bytes() {
        return bytes;
    }
}
