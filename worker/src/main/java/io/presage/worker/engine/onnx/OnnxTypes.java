package io.presage.worker.engine.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import io.presage.contract.infer.DataType;
import java.util.Optional;

/// ONNX element types and OIP datatypes. Pure.
final class OnnxTypes {
    private OnnxTypes() {}

    /// Empty for types that OIP does not have (complex numbers, 4 and 8 bit floats).
    static Optional<DataType> dataType(OnnxTensorType type) {
        return switch (type) {
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> Optional.of(DataType.BOOL);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> Optional.of(DataType.UINT8);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> Optional.of(DataType.UINT16);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> Optional.of(DataType.UINT32);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> Optional.of(DataType.UINT64);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> Optional.of(DataType.INT8);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> Optional.of(DataType.INT16);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> Optional.of(DataType.INT32);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> Optional.of(DataType.INT64);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> Optional.of(DataType.FP16);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> Optional.of(DataType.BF16);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> Optional.of(DataType.FP32);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> Optional.of(DataType.FP64);
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> Optional.of(DataType.BYTES);
            default -> Optional.empty();
        };
    }

    /// Empty for the unsigned types that ONNX Runtime's Java interface cannot make a tensor of.
    static Optional<OnnxJavaType> javaType(DataType type) {
        return switch (type) {
            case BOOL -> Optional.of(OnnxJavaType.BOOL);
            case UINT8 -> Optional.of(OnnxJavaType.UINT8);
            case INT8 -> Optional.of(OnnxJavaType.INT8);
            case INT16 -> Optional.of(OnnxJavaType.INT16);
            case INT32 -> Optional.of(OnnxJavaType.INT32);
            case INT64 -> Optional.of(OnnxJavaType.INT64);
            case FP16 -> Optional.of(OnnxJavaType.FLOAT16);
            case BF16 -> Optional.of(OnnxJavaType.BFLOAT16);
            case FP32 -> Optional.of(OnnxJavaType.FLOAT);
            case FP64 -> Optional.of(OnnxJavaType.DOUBLE);
            case BYTES -> Optional.of(OnnxJavaType.STRING);
            case UINT16, UINT32, UINT64 -> Optional.empty();
        };
    }
}
