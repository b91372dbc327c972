package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;

/// OIP v2 datatypes, with BF16 of the binary extension.
public enum DataType {
    BOOL(1),
    UINT8(1),
    UINT16(2),
    UINT32(4),
    UINT64(8),
    INT8(1),
    INT16(2),
    INT32(4),
    INT64(8),
    FP16(2),
    FP32(4),
    FP64(8),
    BF16(2),
    /// Elements of any length: text, pictures, sound.
    BYTES(-1);

    private final int byteSize;

    DataType(int byteSize) {
        this.byteSize = byteSize;
    }

    /// Bytes of one element; -1 for BYTES.
    public int byteSize() {
        return byteSize;
    }

    /// False for FP16 and BF16, which travel in binary only.
    public boolean hasJsonForm() {
        return this != FP16 && this != BF16;
    }

    /// The datatype of that name, as it is written on the wire.
    ///
    /// @throws ProblemException INVALID_TENSOR for a name that OIP does not have
    public static DataType of(String name) {
        for (var type : values()) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        throw new ProblemException(
                Problem.INVALID_TENSOR,
                "datatype: '" + (name.length() > 20 ? name.substring(0, 20) + "..." : name) + "' (expected: one of "
                        + java.util.Arrays.toString(values()) + ")");
    }
}
