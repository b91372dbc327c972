package io.presage.worker.tasks;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.engine.LoadedModel;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/// An instance of a recurrent model that takes all frames of a sound in one run: `frames` FP32 `[n, samples]`
/// to `speech` FP32 `[n]`. The model's state begins with zeros in every run, so calls cannot hear each other.
/// One thread at a time, as every instance.
final class FrameLoop implements LoadedModel {
    static final String FRAMES = "frames";

    private final LoadedModel model;
    private final Ports ports;
    private final Signature signature;
    private final int width;
    private final Tensor.Fixed frame;
    private final Tensor.Fixed state;
    private final List<Tensor> inputs;

    FrameLoop(LoadedModel model, Manifest.Audio settings) {
        this.model = model;
        this.ports = Ports.of(model.signature(), settings)
                .orElseThrow(
                        () -> new IllegalStateException("The model passed create and fits no more. This is a bug."));
        this.width = settings.contextSamples() + settings.frameSamples();
        signature = new Signature(
                List.of(new TensorSpec(FRAMES, DataType.FP32, Shape.of(-1, width))),
                List.of(new TensorSpec("speech", DataType.FP32, Shape.of(-1))),
                false);
        List<TensorSpec> specs = model.signature().inputs();
        frame = direct(specs.get(ports.frame).name(), DataType.FP32, Shape.of(1, width));
        state = direct(specs.get(ports.state).name(), DataType.FP32, Ports.one(specs.get(ports.state)));
        Tensor[] all = new Tensor[specs.size()];
        all[ports.frame] = frame;
        all[ports.state] = state;
        if (ports.rate >= 0) {
            TensorSpec spec = specs.get(ports.rate);
            Tensor.Fixed rate = direct(spec.name(), DataType.INT64, Ports.one(spec));
            rate.data().putLong(0, settings.sampleRate());
            all[ports.rate] = rate;
        }
        inputs = List.of(all);
    }

    /// Which tensor of the model is which; `rate` is -1 if there is none.
    record Ports(int frame, int state, int rate, int speech, int nextState) {
        /// Empty if the model is of another kind.
        static Optional<Ports> of(Signature model, Manifest.Audio settings) {
            int frame = index(model.inputs(), DataType.FP32, 2);
            int state = index(model.inputs(), DataType.FP32, 3);
            int rate = Math.max(index(model.inputs(), DataType.INT64, 0), index(model.inputs(), DataType.INT64, 1));
            int speech = index(model.outputs(), DataType.FP32, 2);
            int nextState = index(model.outputs(), DataType.FP32, 3);
            int inputs = rate < 0 ? 2 : 3;
            boolean fits = frame >= 0
                    && state >= 0
                    && speech >= 0
                    && nextState >= 0
                    && model.inputs().size() == inputs
                    && Misfit.shape(model.inputs().get(frame))
                            .accepts(Shape.of(1, settings.contextSamples() + settings.frameSamples()));
            return fits ? Optional.of(new Ports(frame, state, rate, speech, nextState)) : Optional.empty();
        }

        private static int index(List<TensorSpec> specs, DataType type, int rank) {
            for (int i = 0; i < specs.size(); i++) {
                if (Misfit.is(specs.get(i), type, rank)) {
                    return i;
                }
            }
            return -1;
        }

        /// The shape for one sound: what is variable is 1.
        static Shape one(TensorSpec spec) {
            return Shape.of(spec.shape().stream().map(dim -> Math.max(1, dim)).toList());
        }
    }

    private static Tensor.Fixed direct(String name, DataType type, Shape shape) {
        int bytes = Math.toIntExact(Math.multiplyExact(shape.elementCount(), type.byteSize()));
        return new Tensor.Fixed(name, type, shape, TensorAllocator.DIRECT.allocate(bytes));
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public List<Tensor> run(List<Tensor> frames) {
        ByteBuffer samples = ((Tensor.Fixed) frames.getFirst()).data();
        int rowBytes = width * Float.BYTES;
        float[] speech = new float[samples.remaining() / rowBytes];
        state.data().put(0, new byte[state.data().limit()]);
        for (int i = 0; i < speech.length; i++) {
            frame.data().put(0, samples, samples.position() + i * rowBytes, rowBytes);
            List<Tensor> outputs = model.run(inputs);
            speech[i] = Numbers.floats(outputs.get(ports.speech), Shape.of(1, 1))[0];
            float[] next = Numbers.floats(outputs.get(ports.nextState), state.shape());
            state.data().asFloatBuffer().put(0, next);
        }
        return List.of(Numbers.floats("speech", Shape.of(speech.length), speech));
    }

    @Override
    public long memoryBytes() {
        return model.memoryBytes()
                + inputs.stream()
                        .mapToLong(input -> ((Tensor.Fixed) input).data().limit())
                        .sum();
    }

    @Override
    public void close() {
        model.close();
    }
}
