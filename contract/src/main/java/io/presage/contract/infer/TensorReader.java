package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the tensors of a message: the array of tensor objects, and after the JSON part the bytes of those that
/// travel as binary. Members come in any order: `data` that stands before `shape` or `datatype` is skipped and
/// read when they are known. One thread; [#begin] before each message.
final class TensorReader {
    private static final byte[] NAME = JsonScanner.ascii("name");
    private static final byte[] SHAPE = JsonScanner.ascii("shape");
    private static final byte[] DATATYPE = JsonScanner.ascii("datatype");
    private static final byte[] DATA = JsonScanner.ascii("data");
    private static final byte[] PARAMETERS = JsonScanner.ascii("parameters");
    private static final byte[] BINARY_DATA_SIZE = JsonScanner.ascii("binary_data_size");
    static final byte[] SHARED_MEMORY_REGION = JsonScanner.ascii("shared_memory_region");
    private static final DataType[] DATA_TYPES = DataType.values();
    private static final byte[][] DATA_TYPE_NAMES = dataTypeNames();

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);

    private final String noun;
    private final CodecLimits limits;
    private final JsonScanner scanner;
    private final NameCache names;
    private final TensorMemory memory;
    private final DataReader data;
    private final BinaryReader binary;
    private final NumberReader numbers;
    private final long[] dims = new long[Shape.RANK_MAX];

    private final List<@Nullable Tensor> tensors = new ArrayList<>();
    private final List<BinaryPart> parts = new ArrayList<>();
    private final List<String> seenNames = new ArrayList<>();
    private long partBytes;

    // Of the object that is being read; null or -1 is "not yet seen".
    private @Nullable String name;
    private @Nullable DataType dataType;
    private @Nullable Shape shape;
    private long binarySize;
    private boolean hasParameters;
    private int dataPosition;
    private String numberKind = "";

    /// A tensor whose bytes follow the JSON part.
    ///
    /// @param index of the tensor in the message
    private record BinaryPart(TensorHead head, int index, int bytes) {}

    /// @param noun `input` or `output`, for messages
    TensorReader(String noun, CodecLimits limits, TensorAllocator allocator, JsonScanner scanner, NameCache names) {
        this.noun = noun;
        this.limits = limits;
        this.scanner = scanner;
        this.names = names;
        this.memory = new TensorMemory(limits.tensorBytesMax(), allocator);
        this.data = new DataReader(scanner, memory);
        this.binary = new BinaryReader(memory);
        this.numbers = new NumberReader(scanner, this::numberName);
    }

    void begin() {
        memory.reset();
        tensors.clear();
        parts.clear();
        seenNames.clear();
        partBytes = 0;
    }

    /// The array of tensor objects comes next.
    void readTensors() {
        for (boolean more = scanner.firstElement(); more; more = scanner.nextElement()) {
            if (tensors.size() == limits.tensorsMax()) {
                throw new ProblemException(
                        Problem.INVALID_REQUEST,
                        noun + "s: more than " + limits.tensorsMax() + " (expected: at most that)");
            }
            readTensor();
        }
    }

    /// Tensors, so far, whose bytes follow the JSON part.
    int partCount() {
        return parts.size();
    }

    /// Ends the message: reads the binary parts, which are all of `tail[position, limit)`, and gives the
    /// tensors in order. Those of a direct `tail` may lie in it.
    List<Tensor> finish(ByteBuffer tail) {
        if (partBytes != tail.remaining()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "binary data: " + tail.remaining() + " bytes after the JSON part (expected: " + partBytes
                            + ", the sum of binary_data_size)");
        }
        int position = tail.position();
        for (var part : parts) {
            tensors.set(part.index, binary.read(part.head, tail, position, part.bytes));
            position += part.bytes;
        }
        var all = new ArrayList<Tensor>(tensors.size());
        for (var tensor : tensors) {
            if (tensor == null) {
                throw new IllegalStateException(noun + " without data after all parts are read. This is a bug.");
            }
            all.add(tensor);
        }
        begin();
        return all;
    }

    /// The bytes after the JSON part, where they lie.
    static ByteBuffer tail(byte[] body, int from, int to) {
        return from == to ? NOTHING : ByteBuffer.wrap(body, from, to - from).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// The one tensor of a raw request: its bytes are all of `body[position, limit)`.
    Tensor readRaw(TensorHead head, ByteBuffer body) {
        memory.reset();
        return binary.readRaw(head, body, body.position(), body.remaining());
    }

    private void readTensor() {
        name = null;
        dataType = null;
        shape = null;
        binarySize = -1;
        hasParameters = false;
        dataPosition = -1;
        Tensor tensor = null;
        for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
            if (scanner.isText(DATA)) {
                requireFirst(tensor == null && dataPosition < 0, "data");
                tensor = readOrSkipData();
            } else if (scanner.isText(NAME)) {
                requireFirst(name == null, "name");
                name = readName();
            } else if (scanner.isText(SHAPE)) {
                requireFirst(shape == null, "shape");
                shape = readShape();
            } else if (scanner.isText(DATATYPE)) {
                requireFirst(dataType == null, "datatype");
                dataType = readDataType();
            } else if (scanner.isText(PARAMETERS)) {
                requireFirst(!hasParameters, "parameters");
                hasParameters = true;
                readParameters();
            } else {
                scanner.skipValue();
            }
        }
        add(tensor);
    }

    private @Nullable Tensor readOrSkipData() {
        if (name != null && dataType != null && shape != null) {
            return data.read(new TensorHead(noun, name, dataType, shape));
        }
        scanner.peek();
        dataPosition = scanner.position();
        scanner.skipValue(Math.max(limits.nestingMax(), Shape.RANK_MAX + 1));
        return null;
    }

    private void add(@Nullable Tensor read) {
        var head = new TensorHead(noun, require(name, "name"), require(dataType, "datatype"), require(shape, "shape"));
        requireUnknown(head);
        boolean hasData = read != null || dataPosition >= 0;
        if (hasData == (binarySize >= 0)) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    head.label() + ": " + (hasData ? "both" : "neither") + " of data and parameters.binary_data_size"
                            + " (expected: exactly one)");
        }
        if (read != null) {
            tensors.add(read);
        } else if (dataPosition >= 0) {
            int after = scanner.position();
            scanner.position(dataPosition);
            tensors.add(data.read(head));
            scanner.position(after);
        } else {
            parts.add(new BinaryPart(head, tensors.size(), (int) binarySize));
            partBytes += binarySize;
            tensors.add(null);
        }
    }

    private String readName() {
        scanner.readText(noun + " name", limits.nameBytesMax());
        if (scanner.textLength() == 0) {
            throw new ProblemException(Problem.INVALID_REQUEST, noun + " name: '' (expected: at least a character)");
        }
        return names.nameOf(scanner);
    }

    private DataType readDataType() {
        scanner.readText("datatype", limits.nameBytesMax());
        for (int i = 0; i < DATA_TYPES.length; i++) {
            if (scanner.isText(DATA_TYPE_NAMES[i])) {
                return DATA_TYPES[i];
            }
        }
        return DataType.of(scanner.textAsString());
    }

    private Shape readShape() {
        numberKind = "shape";
        int rank = 0;
        for (boolean more = scanner.firstElement(); more; more = scanner.nextElement()) {
            if (rank == Shape.RANK_MAX) {
                throw new ProblemException(
                        Problem.INVALID_TENSOR,
                        numberName() + " has more than " + Shape.RANK_MAX + " dimensions (expected: at most that)");
            }
            long dim = numbers.readInteger(DataType.INT64);
            if (dim < 0) {
                throw new ProblemException(
                        Problem.INVALID_TENSOR, numberName() + ": dimension " + dim + " (expected: 0 or more)");
            }
            dims[rank++] = dim;
        }
        return Shape.of(Arrays.copyOf(dims, rank));
    }

    private void readParameters() {
        if (scanner.tryTakeNull()) {
            return;
        }
        for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
            if (scanner.isText(BINARY_DATA_SIZE)) {
                requireFirst(binarySize < 0, "binary_data_size");
                numberKind = "binary_data_size";
                binarySize = numbers.readInteger(DataType.INT64);
                if (binarySize < 0 || binarySize > Integer.MAX_VALUE) {
                    throw new ProblemException(
                            Problem.INVALID_REQUEST,
                            numberName() + ": " + binarySize + " (expected: 0.." + Integer.MAX_VALUE + ")");
                }
            } else if (scanner.isText(SHARED_MEMORY_REGION)) {
                throw unsupported("shared_memory_region");
            } else {
                scanner.skipValue();
            }
        }
    }

    static ProblemException unsupported(String parameter) {
        return new ProblemException(
                Problem.UNSUPPORTED,
                "parameters." + parameter + " (expected: none; send data, and read it, in bodies)");
    }

    private String labelOfPresent() {
        return noun + (name == null ? " " + tensors.size() : " '" + TensorHead.shorten(name) + "'");
    }

    private String numberName() {
        return labelOfPresent() + ": " + numberKind;
    }

    private void requireFirst(boolean isFirst, String member) {
        if (!isFirst) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, labelOfPresent() + ": " + member + " twice (expected: once)");
        }
    }

    private <T> T require(@Nullable T value, String member) {
        if (value == null) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    labelOfPresent() + ": no " + member + " (expected: name, shape, datatype)");
        }
        return value;
    }

    private void requireUnknown(TensorHead head) {
        if (seenNames.contains(head.name())) {
            throw new ProblemException(Problem.INVALID_REQUEST, head.label() + " twice (expected: once)");
        }
        seenNames.add(head.name());
    }

    private static byte[][] dataTypeNames() {
        var all = new byte[DATA_TYPES.length][];
        for (int i = 0; i < all.length; i++) {
            all[i] = JsonScanner.ascii(DATA_TYPES[i].name());
        }
        return all;
    }
}
