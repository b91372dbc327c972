package io.presage.worker.versions;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// An engine that takes as much memory as its package has bytes, and time in proportion. Its models answer with
/// what
/// they are asked. One thread.
final class FakeEngine implements Engine {
    private static final Signature SIGNATURE = new Signature(
            List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, 3))),
            List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, 3))),
            false);

    private final LongConsumer passNanos;
    private long nanosPerByte = 10;
    private long allocatedBytes;
    private @Nullable Failure crash;

    /// `passNanos`: time that a load takes.
    FakeEngine(LongConsumer passNanos) {
        this.passNanos = passNanos;
    }

    void nanosPerByte(long nanos) {
        nanosPerByte = nanos;
    }

    /// What all models in memory say of themselves; null: they are well.
    void crash(@Nullable Failure failure) {
        crash = failure;
    }

    long allocatedBytes() {
        return allocatedBytes;
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public boolean reads(ModelPackage modelPackage) {
        return true;
    }

    @Override
    public LoadedModel load(ModelPackage modelPackage, LoadPlan plan) {
        long bytes = modelPackage.bytes();
        passNanos.accept(bytes * nanosPerByte);
        allocatedBytes += bytes;
        return new LoadedModel() {
            @Override
            public Signature signature() {
                return SIGNATURE;
            }

            @Override
            public List<Tensor> run(List<Tensor> inputs) {
                return inputs;
            }

            @Override
            public Optional<Failure> failure() {
                return Optional.ofNullable(crash);
            }

            @Override
            public long memoryBytes() {
                return bytes;
            }

            @Override
            public void close() {
                allocatedBytes -= bytes;
            }
        };
    }
}
