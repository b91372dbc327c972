package io.presage.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.presage.contract.http.Headers;
import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// One inference request as it travels.
///
/// @param jsonLength bytes of the JSON part of a body with binary tensors; -1 when there is none
record Call(byte[] body, int jsonLength) {
    static Call json(String body) {
        return new Call(body.getBytes(UTF_8), -1);
    }

    /// All inputs as bytes, and all outputs asked for as bytes (OIP binary tensor extension).
    static Call binary(List<Tensor> inputs) {
        var json = new StringBuilder("{\"id\":\"r1\",\"inputs\":[");
        var data = new ByteArrayOutputStream();
        for (var input : inputs) {
            var bytes = bytes(input);
            json.append(json.charAt(json.length() - 1) == '[' ? "" : ",")
                    .append("{\"name\":\"" + input.name() + "\",\"shape\":" + input.shape() + ",\"datatype\":\""
                            + input.dataType() + "\",\"parameters\":{\"binary_data_size\":" + bytes.length + "}}");
            data.writeBytes(bytes);
        }
        var head = json.append("],\"parameters\":{\"binary_data_output\":true}}")
                .toString()
                .getBytes(UTF_8);
        var body = new ByteArrayOutputStream();
        body.writeBytes(head);
        body.writeBytes(data.toByteArray());
        return new Call(body.toByteArray(), head.length);
    }

    private static byte[] bytes(Tensor tensor) {
        return switch (tensor) {
            case Tensor.Fixed fixed -> {
                var bytes = new byte[fixed.data().remaining()];
                fixed.data().get(fixed.data().position(), bytes);
                yield bytes;
            }
            case Tensor.Bytes strings -> {
                var bytes = new ByteArrayOutputStream();
                for (var element : strings.elements()) {
                    var length = ByteBuffer.allocate(4)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(element.length)
                            .array();
                    bytes.writeBytes(length);
                    bytes.writeBytes(element);
                }
                yield bytes.toByteArray();
            }
        };
    }

    static Tensor floats(String name, float[] values, long... dims) {
        var data = TensorAllocator.HEAP.allocate(values.length * Float.BYTES);
        data.asFloatBuffer().put(values);
        return new Tensor.Fixed(name, DataType.FP32, Shape.of(dims), data);
    }

    static Tensor longs(String name, long[] values, long... dims) {
        var data = TensorAllocator.HEAP.allocate(values.length * Long.BYTES);
        data.asLongBuffer().put(values);
        return new Tensor.Fixed(name, DataType.INT64, Shape.of(dims), data);
    }

    static Tensor text(String name, String text) {
        return new Tensor.Bytes(name, Shape.of(1), List.of(text.getBytes(UTF_8)));
    }

    /// What the body needs; `Name: value`.
    List<String> headers() {
        return jsonLength < 0
                ? List.of("Content-Type: application/json")
                : List.of(
                        "Content-Type: application/octet-stream",
                        Headers.INFERENCE_HEADER_CONTENT_LENGTH + ": " + jsonLength);
    }
}
