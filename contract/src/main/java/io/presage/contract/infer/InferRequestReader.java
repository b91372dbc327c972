package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads OIP v2 REST requests: JSON with nested or flat data, and the binary tensor extension.
///
/// One pass over the body; numbers go straight into the tensors' memory, and nothing is allocated before its
/// size is known to be within [CodecLimits]. Unknown members are ignored; known ones may be missing (`null`)
/// where the protocol makes them optional, but not given twice. Whatever the bytes are, the outcome is a
/// request or a [ProblemException] INVALID_REQUEST, INVALID_TENSOR, BODY_TOO_LARGE, or UNSUPPORTED for Triton's
/// shared memory and classification, that names the place. One thread at a time.
public final class InferRequestReader {
    private static final byte[] ID = JsonScanner.ascii("id");
    private static final byte[] PARAMETERS = JsonScanner.ascii("parameters");
    private static final byte[] INPUTS = JsonScanner.ascii("inputs");
    private static final byte[] OUTPUTS = JsonScanner.ascii("outputs");
    private static final byte[] NAME = JsonScanner.ascii("name");
    private static final byte[] BINARY_DATA = JsonScanner.ascii("binary_data");
    private static final byte[] BINARY_DATA_OUTPUT = JsonScanner.ascii("binary_data_output");
    private static final byte[] CLASSIFICATION = JsonScanner.ascii("classification");
    private static final byte[] NOTHING = {};

    private final CodecLimits limits;
    private final TensorAllocator allocator;
    private final JsonScanner scanner;
    private final NameCache names = new NameCache();
    private final TensorReader inputs;
    private final List<InferRequest.RequestedOutput> outputs = new ArrayList<>();

    private @Nullable String id;
    private @Nullable Boolean binaryOutputs;
    private int seen;

    public InferRequestReader(CodecLimits limits, TensorAllocator allocator) {
        this.limits = limits;
        this.allocator = allocator;
        this.scanner = new JsonScanner(limits.nestingMax(), limits.nameBytesMax());
        this.inputs = new TensorReader("input", limits, allocator, scanner, names);
    }

    public CodecLimits limits() {
        return limits;
    }

    /// Where the tensors that it reads lie.
    public TensorAllocator allocator() {
        return allocator;
    }

    /// The value of `Inference-Header-Content-Length` as [#read] takes it: -1 for none.
    ///
    /// @throws ProblemException INVALID_REQUEST when it is no number, negative or over 2 GiB
    public static int jsonLength(@Nullable String headerValue) {
        if (headerValue == null) {
            return -1;
        }
        boolean isNumber = !headerValue.isEmpty() && headerValue.length() <= 10;
        long length = 0;
        for (int i = 0; isNumber && i < headerValue.length(); i++) {
            char digit = headerValue.charAt(i);
            isNumber = digit >= '0' && digit <= '9';
            length = length * 10 + (digit - '0');
        }
        if (!isNumber || length > Integer.MAX_VALUE) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "Inference-Header-Content-Length: '" + TensorHead.shorten(headerValue)
                            + "' (expected: the bytes of the JSON part, a number from 0 to the body's length)");
        }
        return (int) length;
    }

    /// Reads `body[offset, offset + length)`. `jsonLength`: value of `Inference-Header-Content-Length`, or -1
    /// when that header is absent. 0 means a raw request, which [#readRaw] reads.
    ///
    /// @throws ProblemException INVALID_REQUEST, INVALID_TENSOR, BODY_TOO_LARGE
    public InferRequest read(byte[] body, int offset, int length, int jsonLength) {
        if (jsonLength == 0 || jsonLength > length) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "Inference-Header-Content-Length: " + jsonLength + " (expected: 1.." + length
                            + ", the bytes of the JSON part)");
        }
        int jsonEnd = offset + (jsonLength < 0 ? length : jsonLength);
        return read(body, offset, jsonEnd - offset, TensorReader.tail(body, jsonEnd, offset + length), jsonLength >= 0);
    }

    /// Reads a request whose binary part was received apart from its JSON part, `json[0, jsonLength)`: all of
    /// `tail`, little-endian. Tensors of a direct `tail` lie in it: it is to be left alone until the call has
    /// ended.
    ///
    /// @throws ProblemException INVALID_REQUEST, INVALID_TENSOR, BODY_TOO_LARGE
    public InferRequest read(byte[] json, int jsonLength, ByteBuffer tail) {
        return read(json, 0, jsonLength, tail, true);
    }

    private InferRequest read(byte[] json, int offset, int jsonLength, ByteBuffer tail, boolean mayHaveParts) {
        scanner.reset(json, offset, offset + jsonLength);
        inputs.begin();
        outputs.clear();
        id = null;
        binaryOutputs = null;
        seen = 0;
        try {
            readMessage();
            scanner.takeEnd();
            if ((seen & 4) == 0) {
                throw new ProblemException(Problem.INVALID_REQUEST, "inputs: none (expected: an array of tensors)");
            }
            if (!mayHaveParts) {
                requireNoParts(inputs.partCount());
            }
            var tensors = inputs.finish(tail);
            return new InferRequest(id, tensors, outputs, binaryOutputs != null && binaryOutputs);
        } finally {
            scanner.reset(NOTHING, 0, 0);
        }
    }

    /// Reads a raw request (`Inference-Header-Content-Length: 0`): the body is the bytes of the model's one
    /// input, of whose dimensions at most one is variable. A BYTES input takes the body as its one element. All
    /// outputs are to travel as binary.
    ///
    /// @throws ProblemException INVALID_REQUEST, INVALID_TENSOR, BODY_TOO_LARGE
    public InferRequest readRaw(byte[] body, int offset, int length, Signature signature) {
        return readRaw(TensorReader.tail(body, offset, offset + length), signature);
    }

    /// The same for a body that is all of `body`, little-endian; the tensor of a direct one lies in it.
    ///
    /// @throws ProblemException INVALID_REQUEST, INVALID_TENSOR, BODY_TOO_LARGE
    public InferRequest readRaw(ByteBuffer body, Signature signature) {
        if (signature.inputs().size() != 1) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "Inference-Header-Content-Length: 0 for a model of "
                            + signature.inputs().size() + " inputs (expected: exactly one input for a raw request)");
        }
        var input = signature.inputs().getFirst();
        var head = new TensorHead("input", input.name(), input.datatype(), rawShape(input, body.remaining()));
        return new InferRequest(null, List.of(inputs.readRaw(head, body)), List.of(), true);
    }

    /// The signature's shape with its variable dimension worked out from the bytes there are.
    private static Shape rawShape(TensorSpec input, int length) {
        var shape = Shape.of(input.shape());
        int variable = -1;
        long bytesOfOne = input.datatype() == DataType.BYTES
                ? Math.max(length, 1)
                : input.datatype().byteSize();
        for (int axis = 0; axis < shape.rank(); axis++) {
            if (shape.dim(axis) >= 0) {
                bytesOfOne = multiplyCapped(bytesOfOne, shape.dim(axis));
            } else if (variable < 0) {
                variable = axis;
            } else {
                throw new ProblemException(
                        Problem.INVALID_REQUEST,
                        "input '" + TensorHead.shorten(input.name()) + "': shape " + shape
                                + " (expected: at most one variable dimension for a raw request)");
            }
        }
        if (variable < 0) {
            return shape;
        }
        return shape.withDim(variable, bytesOfOne == 0 ? 0 : Math.max(length, 1) / bytesOfOne);
    }

    /// Caps at the largest long, which no body reaches. Both are 0 or more.
    private static long multiplyCapped(long a, long b) {
        return Math.multiplyHigh(a, b) == 0 && a * b >= 0 ? a * b : Long.MAX_VALUE;
    }

    private void readMessage() {
        for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
            if (scanner.isText(INPUTS)) {
                requireFirst(4, "inputs");
                inputs.readTensors();
            } else if (scanner.isText(ID)) {
                requireFirst(1, "id");
                if (!scanner.tryTakeNull()) {
                    scanner.readText("id", limits.nameBytesMax());
                    id = scanner.textAsString();
                }
            } else if (scanner.isText(PARAMETERS)) {
                requireFirst(2, "parameters");
                binaryOutputs = readFlag(BINARY_DATA_OUTPUT, "binary_data_output");
            } else if (scanner.isText(OUTPUTS)) {
                requireFirst(8, "outputs");
                if (!scanner.tryTakeNull()) {
                    readOutputs();
                }
            } else {
                scanner.skipValue();
            }
        }
    }

    private void readOutputs() {
        for (boolean more = scanner.firstElement(); more; more = scanner.nextElement()) {
            if (outputs.size() == limits.tensorsMax()) {
                throw new ProblemException(
                        Problem.INVALID_REQUEST,
                        "outputs: more than " + limits.tensorsMax() + " (expected: at most that)");
            }
            readOutput();
        }
    }

    private void readOutput() {
        String name = null;
        Boolean binary = null;
        boolean hasParameters = false;
        for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
            if (scanner.isText(NAME)) {
                requireFirstOfOutput(name == null, "name");
                scanner.readText("output name", limits.nameBytesMax());
                name = names.nameOf(scanner);
            } else if (scanner.isText(PARAMETERS)) {
                requireFirstOfOutput(!hasParameters, "parameters");
                hasParameters = true;
                binary = readFlag(BINARY_DATA, "binary_data");
            } else {
                scanner.skipValue();
            }
        }
        if (name == null) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "output " + outputs.size() + ": no name (expected: a name)");
        }
        for (var output : outputs) {
            if (output.name().equals(name)) {
                throw new ProblemException(
                        Problem.INVALID_REQUEST,
                        "output '" + TensorHead.shorten(name) + "' asked for twice (expected: once)");
            }
        }
        outputs.add(new InferRequest.RequestedOutput(name, binary));
    }

    /// An object of parameters comes next, of which only the boolean `flag` matters; null when it is not there.
    private @Nullable Boolean readFlag(byte[] flag, String name) {
        if (scanner.tryTakeNull()) {
            return null;
        }
        Boolean value = null;
        for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
            if (scanner.isText(flag)) {
                if (value != null) {
                    throw twice(name);
                }
                value = scanner.takeBoolean(name);
            } else {
                // Whoever asks for these cannot use an answer without them.
                requireNot(CLASSIFICATION, "classification");
                requireNot(TensorReader.SHARED_MEMORY_REGION, "shared_memory_region");
                scanner.skipValue();
            }
        }
        return value;
    }

    private void requireNot(byte[] parameter, String name) {
        if (scanner.isText(parameter)) {
            throw TensorReader.unsupported(name);
        }
    }

    private void requireFirst(int bit, String member) {
        if ((seen & bit) != 0) {
            throw twice(member);
        }
        seen |= bit;
    }

    private void requireFirstOfOutput(boolean isFirst, String member) {
        if (!isFirst) {
            throw twice("output " + outputs.size() + ": " + member);
        }
    }

    private static ProblemException twice(String member) {
        return new ProblemException(Problem.INVALID_REQUEST, member + " twice (expected: once)");
    }

    private static void requireNoParts(int parts) {
        if (parts > 0) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "Inference-Header-Content-Length: none with " + parts
                            + " binary inputs (expected: the bytes of the JSON part)");
        }
    }
}
