package io.presage.contract.infer;

import java.util.List;

/// One input or output of a signature.
///
/// @param shape -1 = any; a list, not a [Shape], so that every JSON library reads and writes it as OIP does
public record TensorSpec(String name, DataType datatype, List<Long> shape) {
    public TensorSpec {
        shape = List.copyOf(shape);
        Shape.of(shape);
    }

    public TensorSpec(String name, DataType datatype, Shape shape) {
        this(name, datatype, java.util.Arrays.stream(shape.dims()).boxed().toList());
    }
}
