package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Reads a tensor's JSON `data`, nested as its shape or flat, straight into the tensor's memory. One thread.
final class DataReader {
    private static final byte[] TRUE = JsonScanner.ascii("true");
    private static final byte[] FALSE = JsonScanner.ascii("false");
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    private final JsonScanner scanner;
    private final NumberReader numbers;
    private final TensorMemory memory;

    private TensorHead head = TensorHead.NONE;
    private ByteBuffer target = NONE;
    private List<byte[]> texts = List.of();
    private int index;

    DataReader(JsonScanner scanner, TensorMemory memory) {
        this.scanner = scanner;
        this.memory = memory;
        this.numbers = new NumberReader(scanner, this::elementName);
    }

    /// The value of `data` comes next.
    Tensor read(TensorHead head) {
        this.head = head;
        if (!head.dataType().hasJsonForm()) {
            throw invalid("datatype " + head.dataType() + " has no JSON form (expected: use binary, "
                    + "`parameters.binary_data_size`)");
        }
        int count = memory.elementCount(head);
        requireRoomFor(count);
        index = 0;
        try {
            if (head.dataType() == DataType.BYTES) {
                texts = new ArrayList<>(count);
                readData(count);
                return new Tensor.Bytes(head.name(), head.shape(), texts);
            }
            target = memory.allocate(head, count);
            readData(count);
            return new Tensor.Fixed(head.name(), head.dataType(), head.shape(), target);
        } finally {
            target = NONE;
            texts = List.of();
        }
    }

    /// An element takes a character and a comma at least: a shape that promises more than the body can hold is
    /// refused before memory is taken for it.
    private void requireRoomFor(int count) {
        int left = scanner.end() - scanner.position();
        if (count > left / 2 + 1) {
            throw invalid("data has " + left + " bytes at most (expected: " + count + " elements for shape "
                    + head.shape() + ")");
        }
    }

    private void readData(int count) {
        int rank = head.shape().rank();
        if (rank == 0 && scanner.peek() != '[') {
            readElement();
            return;
        }
        requireArray(0);
        int opening = scanner.position();
        scanner.take('[');
        boolean isNested = rank > 1 && scanner.peek() == '[';
        scanner.position(opening);
        if (isNested) {
            readAxis(0);
        } else {
            readElements(count, -1);
        }
    }

    /// Reads an array of the shape's `axis`. Recursion is bounded by the greatest rank.
    private void readAxis(int axis) {
        requireArray(axis);
        long size = head.shape().dim(axis);
        if (axis == head.shape().rank() - 1) {
            readElements((int) size, axis);
            return;
        }
        long taken = 0;
        for (boolean more = scanner.firstElement(); more; more = scanner.nextElement()) {
            if (taken == size) {
                throw wrongCount(taken + countRest(), size, axis);
            }
            readAxis(axis + 1);
            taken++;
        }
        if (taken != size) {
            throw wrongCount(taken, size, axis);
        }
    }

    /// Reads an array of exactly `size` elements. `axis`: of the shape, or -1 for flat data.
    private void readElements(int size, int axis) {
        int taken = 0;
        for (boolean more = scanner.firstElement(); more; more = scanner.nextElement()) {
            if (taken == size) {
                throw wrongCount(taken + countRest(), size, axis);
            }
            readElement();
            taken++;
        }
        if (taken != size) {
            throw wrongCount(taken, size, axis);
        }
    }

    private void readElement() {
        switch (head.dataType()) {
            case FP32 -> target.putFloat(index * 4, numbers.readFloat());
            case FP64 -> target.putDouble(index * 8, numbers.readDouble());
            case INT64, UINT64 -> target.putLong(index * 8, numbers.readInteger(head.dataType()));
            case INT32, UINT32 -> target.putInt(index * 4, (int) numbers.readInteger(head.dataType()));
            case INT16, UINT16 -> target.putShort(index * 2, (short) numbers.readInteger(head.dataType()));
            case INT8, UINT8 -> target.put(index, (byte) numbers.readInteger(head.dataType()));
            case BOOL -> target.put(index, readBool());
            case BYTES -> texts.add(readText());
            case FP16, BF16 -> throw new IllegalStateException(head.dataType() + " as JSON. This is a bug.");
        }
        index++;
    }

    /// `true`, `false`, or 1 and 0, as Triton takes them too.
    private byte readBool() {
        if (scanner.tryTakeWord(TRUE)) {
            return 1;
        }
        if (scanner.tryTakeWord(FALSE)) {
            return 0;
        }
        int at = scanner.position();
        if (scanner.peek() == '0' || scanner.peek() == '1') {
            byte value = (byte) numbers.readInteger(DataType.UINT8);
            if (value <= 1) {
                return value;
            }
        }
        scanner.position(at);
        throw invalidElement("true or false for BOOL");
    }

    private byte[] readText() {
        if (scanner.peek() != '"') {
            throw invalidElement("a string for BYTES");
        }
        scanner.readText(elementName(), Integer.MAX_VALUE);
        memory.chargeElement(head, scanner.textLength());
        return scanner.copyText();
    }

    private void requireArray(int axis) {
        if (scanner.peek() != '[') {
            throw invalidElement(
                    "an array of " + head.shape().dim(axis) + " for axis " + axis + " of shape " + head.shape());
        }
    }

    /// Elements of the present array from the one that comes next on, to say how many there were.
    private long countRest() {
        long count = 0;
        boolean more = true;
        while (more) {
            scanner.skipValue();
            count++;
            more = scanner.nextElement();
        }
        return count;
    }

    private ProblemException wrongCount(long found, long expected, int axis) {
        String where = axis < 0 ? "data" : "data before element " + index + ", axis " + axis;
        return invalid(
                where + " has " + found + " elements (expected: " + expected + " for shape " + head.shape() + ")");
    }

    private ProblemException invalidElement(String expected) {
        return new ProblemException(
                Problem.INVALID_TENSOR, elementName() + ": found " + scanner.found() + " (expected: " + expected + ")");
    }

    private ProblemException invalid(String detail) {
        return new ProblemException(Problem.INVALID_TENSOR, head.label() + ": " + detail);
    }

    private String elementName() {
        return head.label() + ": data[" + index + "]";
    }
}
