package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Reads tensors that travel as bytes (OIP binary tensor extension): little-endian, row-major, no padding;
/// BYTES elements each behind their length in 4 bytes. One thread.
final class BinaryReader {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int LENGTH_BYTES = 4;

    private final TensorMemory memory;

    BinaryReader(TensorMemory memory) {
        this.memory = memory;
    }

    /// The tensor's bytes are `body[from, from + length)`.
    Tensor read(TensorHead head, byte[] body, int from, int length) {
        if (head.dataType() == DataType.BYTES) {
            // Before the count is believed: each element takes its length's bytes at least.
            if (exceeds(head.shape(), length / LENGTH_BYTES)) {
                throw invalid(head, length + " bytes", "a length and content for each element of " + head.shape());
            }
            int count = memory.elementCount(head);
            return new Tensor.Bytes(head.name(), head.shape(), readElements(head, body, from, length, count));
        }
        if (exceeds(head.shape(), length)) {
            throw invalid(head, length + " bytes", head.dataType() + " " + head.shape());
        }
        int count = memory.elementCount(head);
        int expected = count * head.dataType().byteSize();
        if (length != expected) {
            throw invalid(head, length + " bytes", expected + " for " + head.dataType() + " " + head.shape());
        }
        if (head.dataType() == DataType.BOOL) {
            requireBooleans(head, body, from, length);
        }
        var target = memory.allocate(head, count);
        target.put(0, body, from, length);
        return new Tensor.Fixed(head.name(), head.dataType(), head.shape(), target);
    }

    /// As [#read], but a BYTES tensor of one element is that element's content, without a length before it.
    Tensor readRaw(TensorHead head, byte[] body, int from, int length) {
        if (head.dataType() == DataType.BYTES && !exceeds(head.shape(), 1)) {
            memory.elementCount(head);
            memory.chargeElement(head, length);
            return new Tensor.Bytes(head.name(), head.shape(), List.of(Arrays.copyOfRange(body, from, from + length)));
        }
        return read(head, body, from, length);
    }

    /// True when the shape has more than `elements` elements, also more than fit a long.
    private static boolean exceeds(Shape shape, int elements) {
        try {
            return shape.elementCount() > elements;
        } catch (ArithmeticException _) {
            return true;
        }
    }

    private List<byte[]> readElements(TensorHead head, byte[] body, int from, int length, int count) {
        var elements = new ArrayList<byte[]>(count);
        int position = from;
        int end = from + length;
        for (int i = 0; i < count; i++) {
            int left = end - position - LENGTH_BYTES;
            int size = left < 0 ? 0 : (int) INT.get(body, position);
            if (left < 0 || size < 0 || size > left) {
                throw invalid(
                        head,
                        "element " + i + " of " + Integer.toUnsignedString(size) + " bytes with " + Math.max(left, 0)
                                + " left",
                        "a 4-byte length and that many bytes");
            }
            memory.chargeElement(head, size);
            position += LENGTH_BYTES;
            elements.add(Arrays.copyOfRange(body, position, position + size));
            position += size;
        }
        if (position != end) {
            throw invalid(head, (end - position) + " bytes after the last element", "none");
        }
        return elements;
    }

    private static void requireBooleans(TensorHead head, byte[] body, int from, int length) {
        for (int i = 0; i < length; i++) {
            if (body[from + i] != 0 && body[from + i] != 1) {
                throw invalid(head, "byte " + (body[from + i] & 0xFF) + " at " + i, "0 or 1 for BOOL");
            }
        }
    }

    private static ProblemException invalid(TensorHead head, String found, String expected) {
        return new ProblemException(
                Problem.INVALID_TENSOR, head.label() + ": binary data has " + found + " (expected: " + expected + ")");
    }
}
