package io.presage.api.grpc;

import com.google.protobuf.CodedInputStream;
import io.presage.contract.infer.CodecLimits;
import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    private final List<String> outputs = new ArrayList<>(2);
    private String modelName = "";
    private String modelVersion = "";
    private String id = "";

    /// An input; `contents` is null when it has none of its own.
    record Input(String name, DataType datatype, Shape shape, Wire.@Nullable Range contents) {}

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

    /// Names, in the order asked for.
    List<String> outputs() {
        return outputs;
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
        try {
            for (var range : inputs) {
                all.add(input(range, all.size()));
            }
        } catch (IOException e) {
            throw Wire.broken(e);
        }
        return all;
    }

    private void scan() throws IOException {
        var in = CodedInputStream.newInstance(bytes);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (!Wire.isDelimited(tag)) {
                Wire.skip(in, tag);
                continue;
            }
            switch (Wire.field(tag)) {
                case 1 -> modelName = text(in, 0, "model_name");
                case 2 -> modelVersion = text(in, 0, "model_version");
                case 3 -> id = text(in, 0, "id");
                case 5 -> add(inputs, Wire.range(in, 0), "inputs");
                case 6 -> add(outputs, outputName(Wire.range(in, 0)), "outputs");
                case 7 -> add(raw, Wire.range(in, 0), "raw_input_contents");
                default -> Wire.skip(in, tag);
            }
        }
    }

    private String outputName(Wire.Range range) throws IOException {
        String name = "";
        var in = Wire.in(bytes, range);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (Wire.isDelimited(tag) && Wire.field(tag) == 1) {
                name = text(in, range.from(), "output name");
            } else {
                Wire.skip(in, tag);
            }
        }
        return name;
    }

    private Input input(Wire.Range range, int index) throws IOException {
        String name = "";
        String datatype = "";
        var dims = new long[Shape.RANK_MAX];
        int rank = 0;
        Wire.Range contents = null;
        var in = Wire.in(bytes, range);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            boolean delimited = Wire.isDelimited(tag);
            switch (Wire.field(tag)) {
                case 1 -> name = text(in, range.from(), "input name");
                case 2 -> datatype = text(in, range.from(), "datatype");
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
        return new Input(name, DataType.of(datatype), shape(Arrays.copyOf(dims, rank), index), contents);
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

    /// Text of a bounded length: what is longer is not made a string of.
    private String text(CodedInputStream in, int base, String what) throws IOException {
        var range = Wire.range(in, base);
        if (range.length() > LIMITS.nameBytesMax()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    what + " of " + range.length() + " bytes (expected: at most " + LIMITS.nameBytesMax() + ")");
        }
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes, range.from(), range.length()))
                .toString();
    }

    private static <T> void add(List<T> list, T element, String what) {
        if (list.size() == LIMITS.tensorsMax()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, what + ": more than " + LIMITS.tensorsMax() + " (expected: at most that)");
        }
        list.add(element);
    }
}
