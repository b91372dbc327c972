package io.presage.engine.tensorflow;

import io.presage.contract.infer.DataType;
import java.util.Optional;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat16;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint16;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/// Between OIP's datatypes and those that TensorFlow Java has. Pure.
final class TensorflowTypes {
    private TensorflowTypes() {}

    /// Empty where one of the two has none.
    static Optional<DataType> of(org.tensorflow.proto.DataType type) {
        return switch (type) {
            case DT_BOOL -> Optional.of(DataType.BOOL);
            case DT_UINT8 -> Optional.of(DataType.UINT8);
            case DT_UINT16 -> Optional.of(DataType.UINT16);
            case DT_INT32 -> Optional.of(DataType.INT32);
            case DT_INT64 -> Optional.of(DataType.INT64);
            case DT_HALF -> Optional.of(DataType.FP16);
            case DT_BFLOAT16 -> Optional.of(DataType.BF16);
            case DT_FLOAT -> Optional.of(DataType.FP32);
            case DT_DOUBLE -> Optional.of(DataType.FP64);
            case DT_STRING -> Optional.of(DataType.BYTES);
            // Quantised numbers, resources, references and what TensorFlow Java has no tensors for.
            default -> Optional.empty();
        };
    }

    /// For types of [#of] with elements of one size.
    static Class<? extends TType> numbers(DataType type) {
        return switch (type) {
            case BOOL -> TBool.class;
            case UINT8 -> TUint8.class;
            case UINT16 -> TUint16.class;
            case INT32 -> TInt32.class;
            case INT64 -> TInt64.class;
            case FP16 -> TFloat16.class;
            case BF16 -> TBfloat16.class;
            case FP32 -> TFloat32.class;
            case FP64 -> TFloat64.class;
            case INT8, INT16, UINT32, UINT64, BYTES ->
                throw new IllegalStateException(type + " was let through. This is a bug.");
        };
    }
}
