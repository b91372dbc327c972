package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// Reads tensors that travel as bytes (OIP binary tensor extension): little-endian, row-major, no padding;
/// BYTES elements each behind their length in 4 bytes. One thread.
final class BinaryReader {
    private static final int LENGTH_BYTES = 4;

    private final TensorMemory memory;

    BinaryReader(TensorMemory memory) {
        this.memory = memory;
    }

    /// The tensor's bytes are `source[from, from + length)`, in absolute positions of a little-endian buffer. A
    /// tensor of fixed size stays there, and is not copied, if `source` is direct and its elements are aligned.
    Tensor read(TensorHead head, ByteBuffer source, int from, int length) {
        if (head.dataType() == DataType.BYTES) {
            // Before the count is believed: each element takes its length's bytes at least.
            if (exceeds(head.shape(), length / LENGTH_BYTES)) {
                throw invalid(head, length + " bytes", "a length and content for each element of " + head.shape());
            }
            int count = memory.elementCount(head);
            return new Tensor.Bytes(head.name(), head.shape(), readElements(head, source, from, length, count));
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
            requireBooleans(head, source, from, length);
        }
        if (source.isDirect() && source.alignmentOffset(from, head.dataType().byteSize()) == 0) {
            var inPlace = source.slice(from, length).order(ByteOrder.LITTLE_ENDIAN);
            return new Tensor.Fixed(head.name(), head.dataType(), head.shape(), inPlace);
        }
        var target = memory.allocate(head, count);
        target.put(0, source, from, length);
        return new Tensor.Fixed(head.name(), head.dataType(), head.shape(), target);
    }

    /// As [#read], but a BYTES tensor of one element is that element's content, without a length before it.
    Tensor readRaw(TensorHead head, ByteBuffer source, int from, int length) {
        if (head.dataType() == DataType.BYTES && !exceeds(head.shape(), 1)) {
            memory.elementCount(head);
            memory.chargeElement(head, length);
            return new Tensor.Bytes(head.name(), head.shape(), List.of(copy(source, from, length)));
        }
        return read(head, source, from, length);
    }

    private static byte[] copy(ByteBuffer source, int from, int length) {
        var copy = new byte[length];
        source.get(from, copy);
        return copy;
    }

    /// True when the shape has more than `elements` elements, also more than fit a long.
    private static boolean exceeds(Shape shape, int elements) {
        try {
            return shape.elementCount() > elements;
        } catch (ArithmeticException _) {
            return true;
        }
    }

    private List<byte[]> readElements(TensorHead head, ByteBuffer source, int from, int length, int count) {
        var elements = new ArrayList<byte[]>(count);
        int position = from;
        int end = from + length;
        for (int i = 0; i < count; i++) {
            int left = end - position - LENGTH_BYTES;
            int size = left < 0 ? 0 : source.getInt(position);
            if (left < 0 || size < 0 || size > left) {
                throw invalid(
                        head,
                        "element " + i + " of " + Integer.toUnsignedString(size) + " bytes with " + Math.max(left, 0)
                                + " left",
                        "a 4-byte length and that many bytes");
            }
            memory.chargeElement(head, size);
            position += LENGTH_BYTES;
            elements.add(copy(source, position, size));
            position += size;
        }
        if (position != end) {
            throw invalid(head, (end - position) + " bytes after the last element", "none");
        }
        return elements;
    }

    private static void requireBooleans(TensorHead head, ByteBuffer source, int from, int length) {
        for (int i = 0; i < length; i++) {
            byte next = source.get(from + i);
            if (next != 0 && next != 1) {
                throw invalid(head, "byte " + (next & 0xFF) + " at " + i, "0 or 1 for BOOL");
            }
        }
    }

    private static ProblemException invalid(TensorHead head, String found, String expected) {
        return new ProblemException(
                Problem.INVALID_TENSOR, head.label() + ": binary data has " + found + " (expected: " + expected + ")");
    }
}
