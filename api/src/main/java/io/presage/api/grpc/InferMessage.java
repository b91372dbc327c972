package io.presage.api.grpc;

import com.google.protobuf.CodedInputStream;
import io.presage.contract.infer.CodecLimits;
import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// A `ModelInferRequest`, read where it lies: the fields that say where it goes at once, its tensors when it may
/// go there. Nothing is made of the message's bytes before a bound allows it, and raw contents are not copied.
/// Whatever the bytes are, the outcome is a call or a [ProblemException] INVALID_REQUEST, INVALID_TENSOR or
/// BODY_TOO_LARGE. One thread.
final class InferMessage {
    private static final CodecLimits LIMITS = CodecLimits.DEFAULT;

    private final byte[] bytes;
    private final List<Wire.Range> inputs = new ArrayList<>(2);
    private final List<Wire.Range> raw = new ArrayList<>(2);
    private final List<Output> outputs = new ArrayList<>(2);
    private SortedMap<String, String> parameters = Parameters.NONE;
    private String modelName = "";
    private String modelVersion = "";
    private String id = "";

    /// An input.
    ///
    /// @param contents null when it has none of its own
    /// @param parameters values as JSON, by name
    record Input(
            String name,
            DataType datatype,
            Shape shape,
            Wire.@Nullable Range contents,
            SortedMap<String, String> parameters) {}

    /// An output that is asked for.
    ///
    /// @param parameters values as JSON, by name
    record Output(String name, SortedMap<String, String> parameters) {}

    private InferMessage(byte[] bytes) {
        this.bytes = bytes;
    }

    /// `message` is kept, not copied.
    static InferMessage of(byte[] message) {
        var read = new InferMessage(message);
        try {
            read.scan();
        } catch (IOException e) {
            throw Wire.broken(e);
        }
        return read;
    }

    String modelName() {
        return modelName;
    }

    /// A number or an alias; empty when the caller does not care.
    String modelVersion() {
        return modelVersion;
    }

    /// Empty when there is none.
    String id() {
        return id;
    }

    /// In the order asked for.
    List<Output> outputs() {
        return outputs;
    }

    /// Of the call: values as JSON, by name.
    SortedMap<String, String> parameters() {
        return parameters;
    }

    byte[] bytes() {
        return bytes;
    }

    /// What `raw_input_contents` has, in order.
    List<Wire.Range> raw() {
        return raw;
    }

    List<Input> inputs() {
        List<Input> all = new ArrayList<>(inputs.size());
        var reader = new Parameters(bytes);
        try {
            for (var range : inputs) {
                all.add(input(range, all.size(), reader));
            }
        } catch (IOException e) {
            throw Wire.broken(e);
        }
        return all;
    }

    private void scan() throws IOException {
        var in = CodedInputStream.newInstance(bytes);
        var reader = new Parameters(bytes);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (!Wire.isDelimited(tag)) {
                Wire.skip(in, tag);
                continue;
            }
            switch (Wire.field(tag)) {
                case 1 -> modelName = Wire.text(in, bytes, 0, "model_name");
                case 2 -> modelVersion = Wire.text(in, bytes, 0, "model_version");
                case 3 -> id = Wire.text(in, bytes, 0, "id");
                case 4 -> parameters = reader.with(parameters, Wire.range(in, 0));
                case 5 -> add(inputs, Wire.range(in, 0), "inputs");
                case 6 -> add(outputs, output(Wire.range(in, 0), reader), "outputs");
                case 7 -> add(raw, Wire.range(in, 0), "raw_input_contents");
                default -> Wire.skip(in, tag);
            }
        }
    }

    private Output output(Wire.Range range, Parameters reader) throws IOException {
        String name = "";
        var own = Parameters.NONE;
        var in = Wire.in(bytes, range);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (!Wire.isDelimited(tag)) {
                Wire.skip(in, tag);
                continue;
            }
            switch (Wire.field(tag)) {
                case 1 -> name = Wire.text(in, bytes, range.from(), "output name");
                case 2 -> own = reader.with(own, Wire.range(in, range.from()));
                default -> Wire.skip(in, tag);
            }
        }
        return new Output(name, own);
    }

    private Input input(Wire.Range range, int index, Parameters reader) throws IOException {
        String name = "";
        String datatype = "";
        var dims = new long[Shape.RANK_MAX];
        int rank = 0;
        Wire.Range contents = null;
        var own = Parameters.NONE;
        var in = Wire.in(bytes, range);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            boolean delimited = Wire.isDelimited(tag);
            switch (Wire.field(tag)) {
                case 1 -> name = Wire.text(in, bytes, range.from(), "input name");
                case 2 -> datatype = Wire.text(in, bytes, range.from(), "datatype");
                case 3 -> {
                    int end = delimited ? in.pushLimit(in.readRawVarint32()) : 0;
                    do {
                        if (delimited && in.isAtEnd()) {
                            break;
                        }
                        if (rank == Shape.RANK_MAX) {
                            throw new ProblemException(
                                    Problem.INVALID_TENSOR,
                                    "input " + index + ": shape has more than " + Shape.RANK_MAX
                                            + " dimensions (expected: at most that)");
                        }
                        dims[rank++] = in.readInt64();
                    } while (delimited);
                    if (delimited) {
                        in.popLimit(end);
                    }
                }
                case 4 -> own = reader.with(own, Wire.range(in, range.from()));
                case 5 -> {
                    if (contents != null) {
                        throw new ProblemException(
                                Problem.INVALID_REQUEST, "input " + index + ": contents twice (expected: once)");
                    }
                    contents = Wire.range(in, range.from());
                }
                default -> Wire.skip(in, tag);
            }
        }
        return new Input(name, DataType.of(datatype), shape(Arrays.copyOf(dims, rank), index), contents, own);
    }

    private static Shape shape(long[] dims, int index) {
        for (long dim : dims) {
            if (dim < 0) {
                throw new ProblemException(
                        Problem.INVALID_TENSOR,
                        "input " + index + ": shape: dimension " + dim + " (expected: 0 or more)");
            }
        }
        return Shape.of(dims);
    }

    private static <T> void add(List<T> list, T element, String what) {
        if (list.size() == LIMITS.tensorsMax()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, what + ": more than " + LIMITS.tensorsMax() + " (expected: at most that)");
        }
        list.add(element);
    }
}
