package io.presage.api.grpc;

import com.google.protobuf.CodedInputStream;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads entries of `map<string, InferParameter>` as the members of OIP's `parameters` in JSON, at most
/// [#COUNT_MAX] and [#BYTES_MAX] by one reader. Their order is that of their names, so that the same parameters
/// are the same bytes to a cache, in whatever order a client's map gave them. One thread.
final class Parameters {
    static final SortedMap<String, String> NONE = Collections.emptySortedMap();

    private static final int COUNT_MAX = 256;
    private static final int BYTES_MAX = 65_536;

    /// Field number and wire type.
    private static final int BOOL = 1 << 3;

    private static final int INT64 = 2 << 3;
    private static final int STRING = 3 << 3 | 2;
    private static final int DOUBLE = 4 << 3 | 1;
    private static final int UINT64 = 5 << 3;

    private final byte[] bytes;
    private int count;
    private int length;

    Parameters(byte[] bytes) {
        this.bytes = bytes;
    }

    /// The map with what the entry in `range` says; `known` itself, unless it is [#NONE]. Of one name the last
    /// value counts, as protobuf has it; one without a value is none.
    ///
    /// @throws ProblemException INVALID_REQUEST
    SortedMap<String, String> with(SortedMap<String, String> known, Wire.Range range) throws IOException {
        count++;
        length += range.length();
        if (count > COUNT_MAX || length > BYTES_MAX) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "parameters: more than " + COUNT_MAX + ", or than " + BYTES_MAX
                            + " bytes of them (expected: at most that)");
        }
        String name = "";
        String value = null;
        var in = Wire.in(bytes, range);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (!Wire.isDelimited(tag)) {
                Wire.skip(in, tag);
                continue;
            }
            switch (Wire.field(tag)) {
                case 1 -> name = Wire.text(in, bytes, range.from(), "parameter name");
                case 2 -> value = value(Wire.range(in, range.from()));
                default -> Wire.skip(in, tag);
            }
        }
        if (value == null) {
            return known;
        }
        SortedMap<String, String> all = known.isEmpty() ? new TreeMap<>() : known;
        all.put(name, value);
        return all;
    }

    /// The value as JSON; NaN and infinities as the bare words that readers of OIP take. Null when there is none.
    private @Nullable String value(Wire.Range range) throws IOException {
        String json = null;
        CodedInputStream in = Wire.in(bytes, range);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case BOOL -> json = Boolean.toString(in.readBool());
                case INT64 -> json = Long.toString(in.readInt64());
                case STRING ->
                    json = JsonText.quote(new StringBuilder(), Wire.text(in, bytes, range.from(), "a parameter"))
                            .toString();
                case DOUBLE -> json = Double.toString(in.readDouble());
                case UINT64 -> json = Long.toUnsignedString(in.readUInt64());
                default -> Wire.skip(in, tag);
            }
        }
        return json;
    }

    /// Appends the members after others, but for `reserved`, which says how the tensors travel here.
    static void append(StringBuilder json, Map<String, String> parameters, String reserved) {
        parameters.forEach((name, value) -> {
            if (!name.equals(reserved)) {
                JsonText.quote(json.append(','), name).append(':').append(value);
            }
        });
    }
}
