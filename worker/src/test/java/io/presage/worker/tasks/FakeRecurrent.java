package io.presage.worker.tasks;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.engine.LoadedModel;
import java.util.List;

/// A recurrent model in the form of Silero's. Speech is the first new sample of the frame plus, in thousandths,
/// the number of frames seen since the state was zero.
final class FakeRecurrent implements LoadedModel {
    static final Signature SIGNATURE = new Signature(
            List.of(
                    new TensorSpec("state", DataType.FP32, Shape.of(2, -1, 128)),
                    new TensorSpec("input", DataType.FP32, Shape.of(-1, -1)),
                    new TensorSpec("sr", DataType.INT64, Shape.of())),
            List.of(
                    new TensorSpec("output", DataType.FP32, Shape.of(-1, 1)),
                    new TensorSpec("stateN", DataType.FP32, Shape.of(-1, -1, -1))),
            false);

    boolean isClosed;

    @Override
    public Signature signature() {
        return SIGNATURE;
    }

    @Override
    public List<Tensor> run(List<Tensor> inputs) {
        float[] state = Numbers.floats(inputs.get(0), Shape.of(2, 1, 128));
        float[] frame = Numbers.floats(inputs.get(1), Shape.of(1, 576));
        if (((Tensor.Fixed) inputs.get(2)).data().getLong(0) != 16_000) {
            throw new IllegalArgumentException("sr");
        }
        state[255]++;
        return List.of(
                Numbers.floats("output", Shape.of(1, 1), new float[] {frame[64] + state[255] / 1000}),
                Numbers.floats("stateN", Shape.of(2, 1, 128), state));
    }

    @Override
    public long memoryBytes() {
        return 1_000;
    }

    @Override
    public void close() {
        isClosed = true;
    }
}
