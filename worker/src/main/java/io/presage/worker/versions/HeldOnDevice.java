package io.presage.worker.versions;

import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadedModel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// A model whose memory is counted on its device until it is closed. Threads as for the model.
final class HeldOnDevice implements LoadedModel {
    private final LoadedModel model;
    private final Runnable release;
    private final AtomicBoolean released = new AtomicBoolean();

    HeldOnDevice(LoadedModel model, Runnable release) {
        this.model = model;
        this.release = release;
    }

    @Override
    public Signature signature() {
        return model.signature();
    }

    @Override
    public List<Tensor> run(List<Tensor> inputs) {
        return model.run(inputs);
    }

    @Override
    public Optional<LoadedModel> share() {
        return model.share();
    }

    @Override
    public Optional<Failure> failure() {
        return model.failure();
    }

    @Override
    public boolean runsElsewhere() {
        return model.runsElsewhere();
    }

    @Override
    public long memoryBytes() {
        return model.memoryBytes();
    }

    @Override
    public void close() {
        model.close();
        if (released.compareAndSet(false, true)) {
            release.run();
        }
    }
}
