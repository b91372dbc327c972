package io.presage.engine.torchscript;

import io.presage.contract.infer.DataType;
import java.util.Optional;

/// Between OIP's datatypes and PyTorch's. Pure.
final class TorchTypes {
    private TorchTypes() {}

    /// Empty where PyTorch, or DJL, has none.
    static Optional<ai.djl.ndarray.types.DataType> of(DataType type) {
        return Optional.ofNullable(
                switch (type) {
                    case BOOL -> ai.djl.ndarray.types.DataType.BOOLEAN;
                    case UINT8 -> ai.djl.ndarray.types.DataType.UINT8;
                    case INT8 -> ai.djl.ndarray.types.DataType.INT8;
                    case INT32 -> ai.djl.ndarray.types.DataType.INT32;
                    case INT64 -> ai.djl.ndarray.types.DataType.INT64;
                    case FP16 -> ai.djl.ndarray.types.DataType.FLOAT16;
                    case FP32 -> ai.djl.ndarray.types.DataType.FLOAT32;
                    case FP64 -> ai.djl.ndarray.types.DataType.FLOAT64;
                    case UINT16, UINT32, UINT64, INT16, BF16, BYTES -> null;
                });
    }
}
