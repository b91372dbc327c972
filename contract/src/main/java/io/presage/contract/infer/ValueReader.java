package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/// Reads nested JSON values whose datatype is known and whose shape is not: first [#measure], then [#begin]
/// takes memory of that size, then [#fill], once or row after row. For one body, on one thread.
final class ValueReader {
    private static final byte[] B64 = JsonScanner.ascii("b64");
    private static final byte[] TRUE = JsonScanner.ascii("true");
    private static final byte[] FALSE = JsonScanner.ascii("false");
    private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);

    private final JsonScanner scanner;
    private final NumberReader numbers;
    private final TensorMemory memory;
    private final int depth;
    private long elementsLeft;
    private Value current = new Value(TensorHead.NONE, NO_BYTES, List.of());

    /// A tensor that is filled element after element.
    static final class Value {
        private final TensorHead head;
        private final ByteBuffer numbers;
        private final List<byte[]> texts;
        private int index;
        private int parts;

        private Value(TensorHead head, ByteBuffer numbers, List<byte[]> texts) {
            this.head = head;
            this.numbers = numbers;
            this.texts = texts;
        }

        String name() {
            return head.name();
        }

        /// How many times it was given to [#fill].
        int parts() {
            return parts;
        }

        /// After all of it was read.
        Tensor tensor() {
            return head.dataType() == DataType.BYTES
                    ? new Tensor.Bytes(head.name(), head.shape(), texts)
                    : new Tensor.Fixed(head.name(), head.dataType(), head.shape(), numbers);
        }
    }

    /// `depth`: of nesting, at most. `bodyBytes`: of the JSON text.
    ValueReader(JsonScanner scanner, TensorMemory memory, int depth, int bodyBytes) {
        this.scanner = scanner;
        this.memory = memory;
        this.depth = depth;
        this.numbers = new NumberReader(scanner, this::elementName);
        // An element takes a character and a comma at least.
        this.elementsLeft = bodyBytes / 2 + 1;
    }

    /// The dimensions of the value that comes next, which is consumed: as many as `dims` has room for, told by
    /// the first element of each array. Whether the others are like it is seen when they are read.
    void measure(TensorSpec spec, long[] dims) {
        measure(spec, dims, 0);
    }

    private void measure(TensorSpec spec, long[] dims, int axis) {
        boolean isArray = scanner.peek() == '[';
        if (isArray != (axis < dims.length)) {
            throw new ProblemException(
                    Problem.INVALID_TENSOR,
                    "input '" + TensorHead.shorten(spec.name()) + "': values nested "
                            + (isArray ? "deeper" : "less deep") + " than the model takes them (expected: "
                            + spec.datatype() + " " + spec.shape() + ")");
        }
        if (!isArray) {
            scanner.skipValue(depth);
            return;
        }
        long size = 0;
        for (boolean more = scanner.firstElement(); more; more = scanner.nextElement()) {
            if (size == 0) {
                measure(spec, dims, axis + 1);
            } else {
                scanner.skipValue(depth);
            }
            size++;
        }
        dims[axis] = size;
    }

    /// Memory for a tensor of `shape`. What the body has no room for, because rows are not as large as the
    /// first one, is refused before memory is taken for it.
    Value begin(TensorSpec spec, Shape shape) {
        var head = new TensorHead("input", spec.name(), spec.datatype(), shape);
        if (!spec.datatype().hasJsonForm()) {
            throw invalid(
                    head,
                    "datatype " + spec.datatype() + " has no JSON form (expected: use binary,"
                            + " over /v2/models/MODEL/infer)");
        }
        int count = memory.elementCount(head);
        elementsLeft -= count;
        if (elementsLeft < 0) {
            throw invalid(head, "rows that are not all as large as the first one (expected: shape " + shape + ")");
        }
        return spec.datatype() == DataType.BYTES
                ? new Value(head, NO_BYTES, new ArrayList<>(count))
                : new Value(head, memory.allocate(head, count), List.of());
    }

    /// Reads the value that comes next, whose outermost array is axis `axis` of the tensor.
    void fill(Value value, int axis) {
        current = value;
        value.parts++;
        fillFrom(value, axis);
    }

    /// Recursion is bounded by the greatest rank.
    private void fillFrom(Value value, int axis) {
        var shape = value.head.shape();
        if (axis == shape.rank()) {
            readElement(value);
            return;
        }
        if (scanner.peek() != '[') {
            throw invalidElement("an array of " + shape.dim(axis) + " for axis " + axis + " of shape " + shape);
        }
        long taken = 0;
        for (boolean more = scanner.firstElement(); more; more = scanner.nextElement()) {
            if (taken == shape.dim(axis)) {
                throw unlike(shape, axis, "more");
            }
            fillFrom(value, axis + 1);
            taken++;
        }
        if (taken != shape.dim(axis)) {
            throw unlike(shape, axis, "fewer");
        }
    }

    private void readElement(Value to) {
        int index = to.index;
        switch (to.head.dataType()) {
            case FP32 -> to.numbers.putFloat(index * 4, numbers.readFloat());
            case FP64 -> to.numbers.putDouble(index * 8, numbers.readDouble());
            case INT64, UINT64 -> to.numbers.putLong(index * 8, numbers.readInteger(to.head.dataType()));
            case INT32, UINT32 -> to.numbers.putInt(index * 4, (int) numbers.readInteger(to.head.dataType()));
            case INT16, UINT16 -> to.numbers.putShort(index * 2, (short) numbers.readInteger(to.head.dataType()));
            case INT8, UINT8 -> to.numbers.put(index, (byte) numbers.readInteger(to.head.dataType()));
            case BOOL -> to.numbers.put(index, readBool());
            case BYTES -> to.texts.add(readBytes());
            case FP16, BF16 -> throw new IllegalStateException(to.head.dataType() + " as JSON. This is a bug.");
        }
        to.index++;
    }

    private byte readBool() {
        if (scanner.tryTakeWord(TRUE)) {
            return 1;
        }
        if (scanner.tryTakeWord(FALSE)) {
            return 0;
        }
        throw invalidElement("true or false for BOOL");
    }

    /// A string, or `{"b64": string}`.
    private byte[] readBytes() {
        boolean isBase64 = scanner.peek() == '{';
        if (isBase64 && !(scanner.firstMember() && scanner.isText(B64))) {
            throw invalidElement("{\"b64\": ...} or a string");
        }
        if (scanner.peek() != '"') {
            throw invalidElement("a string for BYTES");
        }
        scanner.readText(elementName(), Integer.MAX_VALUE);
        memory.chargeElement(current.head, scanner.textLength());
        var bytes = scanner.copyText();
        if (!isBase64) {
            return bytes;
        }
        if (scanner.nextMember()) {
            throw invalidElement("nothing beside b64");
        }
        try {
            return Base64.getDecoder().decode(bytes);
        } catch (IllegalArgumentException _) {
            throw new ProblemException(
                    Problem.INVALID_TENSOR, elementName() + ": b64 that is no base64 (expected: base64)");
        }
    }

    private ProblemException unlike(Shape shape, int axis, String found) {
        return new ProblemException(
                Problem.INVALID_TENSOR,
                elementName() + ": " + found + " than " + shape.dim(axis) + " elements on axis " + axis
                        + " (expected: all alike, shape " + shape + ")");
    }

    private ProblemException invalidElement(String expected) {
        return new ProblemException(
                Problem.INVALID_TENSOR, elementName() + ": found " + scanner.found() + " (expected: " + expected + ")");
    }

    private static ProblemException invalid(TensorHead head, String detail) {
        return new ProblemException(Problem.INVALID_TENSOR, head.label() + ": " + detail);
    }

    private String elementName() {
        return current.head.label() + ": element " + current.index;
    }
}
