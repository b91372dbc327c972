package io.presage.contract.infer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// A named tensor, row-major.
public sealed interface Tensor {
    String name();

    DataType dataType();

    Shape shape();

    /// Elements of one fixed size.
    ///
    /// @param data little-endian, position 0, limit = elements * byteSize; direct when an engine is to read it
    ///     without a copy. Whoever allocated it may reuse it once the call that carries the tensor has ended:
    ///     copy what must live longer.
    record Fixed(String name, DataType dataType, Shape shape, ByteBuffer data) implements Tensor {
        public Fixed {
            if (dataType == DataType.BYTES) {
                throw new IllegalArgumentException("tensor " + name + ": BYTES is not of fixed size");
            }
            if (data.order() != ByteOrder.LITTLE_ENDIAN) {
                throw new IllegalArgumentException("tensor " + name + ": buffer is not little-endian");
            }
            long expected = Math.multiplyExact(shape.elementCount(), dataType.byteSize());
            if (data.remaining() != expected) {
                throw new IllegalArgumentException("tensor " + name + ": " + data.remaining() + " bytes (expected: "
                        + expected + " for " + dataType + " " + shape + ")");
            }
        }
    }

    /// Elements of any length.
    record Bytes(String name, Shape shape, List<byte[]> elements) implements Tensor {
        public Bytes {
            if (elements.size() != shape.elementCount()) {
                throw new IllegalArgumentException("tensor " + name + ": " + elements.size() + " elements (expected: "
                        + shape.elementCount() + " for " + shape + ")");
            }
        }

        @Override
        public DataType dataType() {
            return DataType.BYTES;
        }
    }
}
