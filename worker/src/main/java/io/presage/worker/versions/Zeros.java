package io.presage.worker.versions;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// Tensors made up for warm-up runs. Pure.
public final class Zeros {
    private static final long BYTES_MAX = 64 << 20;

    private Zeros() {}

    /// One input each, all zero or empty; the first dimension 1 where it varies, others `variable`. Empty when
    /// they would be huge.
    public static Optional<List<Tensor>> of(Signature signature, long variable) {
        var tensors = new ArrayList<Tensor>();
        for (var spec : signature.inputs()) {
            var dims = new long[spec.shape().size()];
            double elements = 1;
            for (int i = 0; i < dims.length; i++) {
                long dim = spec.shape().get(i);
                dims[i] = dim >= 0 ? dim : i == 0 ? 1 : variable;
                elements *= dims[i];
            }
            var shape = Shape.of(dims);
            int size = spec.datatype() == DataType.BYTES ? 1 : spec.datatype().byteSize();
            if (elements * size > BYTES_MAX) {
                return Optional.empty();
            }
            int count = (int) shape.elementCount();
            tensors.add(
                    spec.datatype() == DataType.BYTES
                            ? new Tensor.Bytes(spec.name(), shape, Collections.nCopies(count, new byte[0]))
                            : new Tensor.Fixed(
                                    spec.name(),
                                    spec.datatype(),
                                    shape,
                                    TensorAllocator.DIRECT.allocate(count * size)));
        }
        return Optional.of(tensors);
    }

    /// The same rows `times` times.
    static List<Tensor> repeat(List<Tensor> inputs, int times) {
        var repeated = new ArrayList<Tensor>();
        for (var input : inputs) {
            var shape = input.shape().withDim(0, input.shape().dim(0) * times);
            repeated.add(
                    switch (input) {
                        case Tensor.Bytes strings -> {
                            var elements = new ArrayList<byte[]>();
                            for (int i = 0; i < times; i++) {
                                elements.addAll(strings.elements());
                            }
                            yield new Tensor.Bytes(strings.name(), shape, elements);
                        }
                        case Tensor.Fixed fixed -> {
                            int bytes = fixed.data().remaining();
                            var target = TensorAllocator.DIRECT.allocate(Math.multiplyExact(bytes, times));
                            for (int i = 0; i < times; i++) {
                                target.put(i * bytes, fixed.data(), fixed.data().position(), bytes);
                            }
                            yield new Tensor.Fixed(fixed.name(), fixed.dataType(), shape, target);
                        }
                    });
        }
        return repeated;
    }
}
