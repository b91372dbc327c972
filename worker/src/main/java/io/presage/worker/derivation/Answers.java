package io.presage.worker.derivation;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.SignatureCheck;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import io.presage.worker.tasks.Tasks;
import io.presage.worker.versions.Sample;
import io.presage.worker.versions.Zeros;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// What a model says to the samples of its package, or, when it has none, to made-up inputs.
///
/// @param outputs of each request; copies
record Answers(List<List<Tensor>> outputs, boolean madeUp) {
    /// Sizes that are tried for variable dimensions other than rows.
    private static final long[] SIZES = {16, 32, 1};

    private static final Device CPU = new Device(Device.Kind.CPU, 0, "cpu", 0);

    Answers {
        outputs = List.copyOf(outputs);
    }

    /// Loads the model, asks it, and lets it go.
    ///
    /// @throws LoadException when it cannot be loaded or cannot answer
    static Answers of(Engine engine, ModelPackage modelPackage) throws LoadException, IOException {
        try (var root = engine.load(modelPackage, new LoadPlan(CPU, 1, null));
                var task = Tasks.create(modelPackage, root.signature())) {
            var instance = task.adapt(root);
            var samples = Sample.readAll(modelPackage.directory());
            if (samples.isEmpty()) {
                return new Answers(List.of(toMadeUp(instance)), true);
            }
            var outputs = new ArrayList<List<Tensor>>();
            for (var sample : samples) {
                outputs.add(answer(task, instance, sample));
            }
            return new Answers(outputs, false);
        }
    }

    private static List<Tensor> answer(Task task, LoadedModel instance, Sample sample) throws LoadException {
        try {
            var inputs = SignatureCheck.check(task.signature(), sample.request().inputs());
            var prepared = task.prepare(inputs);
            return copies(task.finish(prepared, instance.run(prepared.inputs())));
        } catch (ProblemException e) {
            throw failed("samples/" + sample.name() + ": " + e.problem() + ": " + e.detail(), e);
        }
    }

    private static List<Tensor> toMadeUp(LoadedModel instance) throws LoadException {
        ProblemException failure = null;
        for (long size : SIZES) {
            var zeros = Zeros.of(instance.signature(), size);
            if (zeros.isPresent()) {
                try {
                    zeros.get().forEach(Answers::makeUp);
                    return copies(instance.run(zeros.get()));
                } catch (ProblemException e) {
                    failure = e;
                }
            }
        }
        throw failed(failure == null ? "made-up inputs would be larger than 64 MiB" : failure.detail(), failure);
    }

    /// The same numbers each time: of both signs and spread over -1..1 where they are floating, all ones (a
    /// token, an open mask) where they are whole.
    private static void makeUp(Tensor zeros) {
        if (!(zeros instanceof Tensor.Fixed fixed)) {
            return;
        }
        var data = fixed.data();
        int size = fixed.dataType().byteSize();
        int state = 42;
        for (int at = data.position(); at < data.limit(); at += size) {
            // Numerical Recipes' linear congruential generator.
            state = state * 1_664_525 + 1_013_904_223;
            float spread = (state >> 8) / (float) (1 << 23);
            switch (fixed.dataType()) {
                case FP32 -> data.putFloat(at, spread);
                case FP64 -> data.putDouble(at, spread);
                case FP16 -> data.putShort(at, Float.floatToFloat16(spread));
                case BF16 -> data.putShort(at, (short) (Float.floatToIntBits(spread) >> 16));
                case BOOL, INT8, UINT8 -> data.put(at, (byte) 1);
                case INT16, UINT16 -> data.putShort(at, (short) 1);
                case INT32, UINT32 -> data.putInt(at, 1);
                case INT64, UINT64 -> data.putLong(at, 1);
                case BYTES -> throw new IllegalStateException("BYTES is not of fixed size. This is a bug.");
            }
        }
    }

    /// Outputs may lie in the instance's memory.
    private static List<Tensor> copies(List<Tensor> tensors) {
        var copies = new ArrayList<Tensor>();
        for (var tensor : tensors) {
            copies.add(
                    switch (tensor) {
                        case Tensor.Bytes bytes -> new Tensor.Bytes(bytes.name(), bytes.shape(), bytes.elements());
                        case Tensor.Fixed(String name, DataType type, var shape, ByteBuffer data) -> {
                            var copy = ByteBuffer.allocate(data.remaining()).order(ByteOrder.LITTLE_ENDIAN);
                            copy.put(data.duplicate()).flip();
                            yield new Tensor.Fixed(name, type, shape, copy);
                        }
                    });
        }
        return copies;
    }

    private static LoadException failed(String evidence, @org.jspecify.annotations.Nullable Throwable cause) {
        return new LoadException(
                new Failure(
                        "samples",
                        "sample-failed",
                        evidence,
                        "Add sample requests to the package (samples/NAME.request.json) that the model can answer."),
                cause);
    }
}
