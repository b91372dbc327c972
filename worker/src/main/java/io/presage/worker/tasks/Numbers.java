package io.presage.worker.tasks;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Tensors of FP32 and INT64 out of arrays, and back. Pure; any thread.
final class Numbers {
    private Numbers() {}

    static Tensor.Fixed floats(String name, Shape shape, float[] values) {
        ByteBuffer data = TensorAllocator.HEAP.allocate(Math.multiplyExact(values.length, Float.BYTES));
        data.asFloatBuffer().put(values);
        return new Tensor.Fixed(name, DataType.FP32, shape, data);
    }

    static Tensor.Fixed longs(String name, Shape shape, long[] values) {
        ByteBuffer data = TensorAllocator.HEAP.allocate(Math.multiplyExact(values.length, Long.BYTES));
        data.asLongBuffer().put(values);
        return new Tensor.Fixed(name, DataType.INT64, shape, data);
    }

    static Tensor.Bytes texts(String name, List<String> values) {
        return new Tensor.Bytes(
                name,
                Shape.of(values.size()),
                values.stream()
                        .map(value -> value.getBytes(StandardCharsets.UTF_8))
                        .toList());
    }

    /// The numbers of a model's FP32 output, copied.
    ///
    /// @throws ProblemException ENGINE_FAILED when the model answers with another datatype or shape than it
    ///     promised
    static float[] floats(Tensor output, Shape expected) {
        if (!(output instanceof Tensor.Fixed fixed)
                || fixed.dataType() != DataType.FP32
                || !expected.accepts(fixed.shape())) {
            throw new ProblemException(
                    Problem.ENGINE_FAILED,
                    "output %s: %s %s (expected: FP32 %s)"
                            .formatted(output.name(), output.dataType(), output.shape(), expected));
        }
        float[] values = new float[Math.toIntExact(fixed.shape().elementCount())];
        fixed.data().duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }
}
