package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads bodies of TensorFlow Serving's `:predict`: `{signature_name?, instances | inputs}`.
///
/// `instances` are rows: each a value (for a model of one input), or an object of values by input name.
/// `inputs` are whole tensors: a value, or an object of them. Bytes are strings, or `{"b64": ...}`. Neither
/// datatypes nor shapes are on the wire: the datatype is the signature's, the shape is found by a first look
/// over the data, which is then read into memory of that size. Whatever the bytes are, the outcome is a request
/// or a [ProblemException] INVALID_REQUEST, INVALID_TENSOR or BODY_TOO_LARGE. For one body, on one thread.
///
/// Source: https://www.tensorflow.org/tfx/serving/api_rest#predict_api
public final class PredictReader {
    private static final byte[] SIGNATURE_NAME = JsonScanner.ascii("signature_name");
    private static final byte[] INSTANCES = JsonScanner.ascii("instances");
    private static final byte[] INPUTS = JsonScanner.ascii("inputs");
    private static final byte[] B64 = JsonScanner.ascii("b64");
    private static final byte[] SERVING_DEFAULT = JsonScanner.ascii("serving_default");

    private final Signature signature;
    private final CodecLimits limits;
    private final JsonScanner scanner;
    private final ValueReader values;
    private final int depth;

    private boolean hasSignatureName;
    private int rowsAt = -1;
    private int inputsAt = -1;

    private PredictReader(
            CodecLimits limits, TensorAllocator allocator, byte[] body, int offset, int length, Signature signature) {
        this.signature = signature;
        this.limits = limits;
        // Rows, a row, its value's axes, and base64.
        this.depth = Math.max(limits.nestingMax(), Shape.RANK_MAX + 3);
        this.scanner = new JsonScanner(depth, limits.nameBytesMax());
        this.values = new ValueReader(scanner, new TensorMemory(limits.tensorBytesMax(), allocator), depth, length);
        scanner.reset(body, offset, offset + length);
    }

    /// Reads `body[offset, offset + length)` for a model of `signature`.
    ///
    /// @throws ProblemException INVALID_REQUEST, INVALID_TENSOR, BODY_TOO_LARGE
    public static PredictRequest read(
            CodecLimits limits, TensorAllocator allocator, byte[] body, int offset, int length, Signature signature) {
        return new PredictReader(limits, allocator, body, offset, length, signature).read();
    }

    private PredictRequest read() {
        for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
            readMember();
        }
        scanner.takeEnd();
        if ((rowsAt < 0) == (inputsAt < 0)) {
            throw invalid((rowsAt < 0 ? "neither" : "both") + " of instances and inputs (expected: exactly one)");
        }
        if (rowsAt >= 0) {
            scanner.position(rowsAt);
            return new PredictRequest(true, readRows());
        }
        scanner.position(inputsAt);
        return new PredictRequest(false, isNamed() ? readNamed() : List.of(readWhole(onlyInput())));
    }

    private void readMember() {
        if (scanner.isText(INSTANCES)) {
            requireFirst(rowsAt < 0, "instances");
            rowsAt = skipped();
        } else if (scanner.isText(INPUTS)) {
            requireFirst(inputsAt < 0, "inputs");
            inputsAt = skipped();
        } else if (scanner.isText(SIGNATURE_NAME)) {
            requireFirst(!hasSignatureName, "signature_name");
            hasSignatureName = true;
            readSignatureName();
        } else {
            scanner.skipValue();
        }
    }

    /// Where the value begins that comes next.
    private int skipped() {
        scanner.peek();
        int at = scanner.position();
        scanner.skipValue();
        return at;
    }

    /// Another one would be another function of the model, which a version has not.
    private void readSignatureName() {
        if (scanner.tryTakeNull()) {
            return;
        }
        scanner.readText("signature_name", limits.nameBytesMax());
        if (scanner.textLength() > 0 && !scanner.isText(SERVING_DEFAULT)) {
            throw invalid("signature_name: '" + TensorHead.shorten(scanner.textAsString())
                    + "' (expected: serving_default or none)");
        }
    }

    /// Whether an object comes next that holds values by name. `{"b64": ...}` is a value itself, unless an
    /// input has that name.
    private boolean isNamed() {
        if (scanner.peek() != '{') {
            return false;
        }
        int at = scanner.position();
        boolean isBytes = scanner.firstMember()
                && scanner.isText(B64)
                && signature.inputs().stream().noneMatch(input -> input.name().equals("b64"));
        scanner.position(at);
        return !isBytes;
    }

    private TensorSpec onlyInput() {
        if (signature.inputs().size() != 1) {
            throw invalid("values without names for a model of "
                    + signature.inputs().size() + " inputs (expected: objects with a member for each of " + names()
                    + ")");
        }
        return signature.inputs().getFirst();
    }

    /// The value of one input, all of its rows, comes next.
    private Tensor readWhole(TensorSpec spec) {
        var dims = new long[spec.shape().size()];
        int at = scanner.position();
        values.measure(spec, dims);
        scanner.position(at);
        var value = values.begin(spec, Shape.of(dims));
        values.fill(value, 0);
        return value.tensor();
    }

    private List<Tensor> readNamed() {
        var tensors = new ArrayList<Tensor>();
        for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
            var spec = named();
            requireFirst(
                    tensors.stream().noneMatch(tensor -> tensor.name().equals(spec.name())),
                    "input '" + spec.name() + "'");
            tensors.add(readWhole(spec));
        }
        return tensors;
    }

    private List<Tensor> readRows() {
        if (scanner.peek() != '[') {
            throw scanner.unexpected("instances as an array of rows");
        }
        int at = scanner.position();
        if (!scanner.firstElement()) {
            throw invalid("instances: empty (expected: at least one row)");
        }
        boolean isNamed = isNamed();
        scanner.position(at);
        return isNamed ? readNamedRows() : List.of(readWhole(onlyInput()));
    }

    /// Each row is an object with all inputs. The first one tells the shapes of all.
    private List<Tensor> readNamedRows() {
        int at = scanner.position();
        int rows = 0;
        for (boolean more = scanner.firstElement(); more; more = scanner.nextElement()) {
            scanner.skipValue();
            rows++;
        }
        scanner.position(at);
        scanner.firstElement();
        int first = scanner.position();
        var inputs = new ArrayList<ValueReader.Value>();
        for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
            var spec = named();
            requireFirst(find(inputs, spec) == null, "instances[0]: input '" + spec.name() + "'");
            inputs.add(values.begin(spec, shapeOfRows(spec, rows)));
        }
        scanner.position(first);
        for (int row = 0; row < rows; row++) {
            readNamedRow(inputs, row);
            scanner.nextElement();
        }
        return inputs.stream().map(ValueReader.Value::tensor).toList();
    }

    /// Of `rows` values like the one that comes next, which is consumed.
    private Shape shapeOfRows(TensorSpec spec, int rows) {
        int rank = spec.shape().size();
        if (rank == 0) {
            throw invalid("input '" + TensorHead.shorten(spec.name())
                    + "': instances for a model that does not take rows (expected: inputs)");
        }
        var value = new long[rank - 1];
        values.measure(spec, value);
        var dims = new long[rank];
        dims[0] = rows;
        System.arraycopy(value, 0, dims, 1, rank - 1);
        return Shape.of(dims);
    }

    private void readNamedRow(List<ValueReader.Value> inputs, int row) {
        int members = 0;
        for (boolean more = scanner.firstMember(); more; more = scanner.nextMember()) {
            var input = find(inputs, named());
            if (input == null || input.parts() != row) {
                throw invalid("instances[" + row + "]: other inputs than instances[0] (expected: each of "
                        + inputs.stream().map(ValueReader.Value::name).toList() + " once)");
            }
            values.fill(input, 1);
            members++;
        }
        if (members != inputs.size()) {
            throw invalid("instances[" + row + "]: " + members + " inputs (expected: " + inputs.size()
                    + ", as in instances[0])");
        }
    }

    private static ValueReader.@Nullable Value find(List<ValueReader.Value> inputs, TensorSpec spec) {
        for (var input : inputs) {
            if (input.name().equals(spec.name())) {
                return input;
            }
        }
        return null;
    }

    /// The input that the member is named after.
    private TensorSpec named() {
        for (var spec : signature.inputs()) {
            if (scanner.isText(spec.name().getBytes(StandardCharsets.UTF_8))) {
                return spec;
            }
        }
        throw new ProblemException(
                Problem.INVALID_TENSOR,
                "input '" + TensorHead.shorten(scanner.textAsString()) + "': unknown (expected: one of " + names()
                        + ")");
    }

    private List<String> names() {
        return signature.inputs().stream().map(TensorSpec::name).toList();
    }

    private static void requireFirst(boolean isFirst, String member) {
        if (!isFirst) {
            throw invalid(TensorHead.shorten(member) + " twice (expected: once)");
        }
    }

    private static ProblemException invalid(String detail) {
        return new ProblemException(Problem.INVALID_REQUEST, detail);
    }
}
