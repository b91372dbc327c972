package io.presage.worker.engine.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Writes protobuf messages field by field, right and wrong ones.
final class ProtoWriter {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    ProtoWriter number(int field, long value) {
        varint((long) field << 3);
        varint(value);
        return this;
    }

    ProtoWriter text(int field, String value) {
        return block(field, value.getBytes(StandardCharsets.UTF_8));
    }

    ProtoWriter message(int field, ProtoWriter value) {
        return block(field, value.bytes());
    }

    ProtoWriter block(int field, byte[] value) {
        return claim(field, value.length).raw(value);
    }

    /// A length without the bytes.
    ProtoWriter claim(int field, long length) {
        varint((long) field << 3 | 2);
        varint(length);
        return this;
    }

    ProtoWriter packed(int field, long... values) {
        var inner = new ProtoWriter();
        for (long value : values) {
            inner.varint(value);
        }
        return message(field, inner);
    }

    ProtoWriter raw(byte... bytes) {
        out.writeBytes(bytes);
        return this;
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    private void varint(long value) {
        long left = value;
        while ((left & ~0x7fL) != 0) {
            out.write((int) ((left & 0x7f) | 0x80));
            left >>>= 7;
        }
        out.write((int) left);
    }

    static ProtoWriter message() {
        return new ProtoWriter();
    }

    /// Of INT64 numbers.
    static byte[] longs(long... values) {
        var bytes = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            bytes.putLong(value);
        }
        return bytes.array();
    }

    // ONNX.

    static ProtoWriter tensor(String name, int type, long[] dims, byte[] raw) {
        return message().packed(1, dims).number(2, type).text(8, name).block(9, raw);
    }

    static ProtoWriter longs(String name, long... values) {
        return tensor(name, OnnxModelBuilder.INT64, new long[] {values.length}, longs(values));
    }

    static ProtoWriter external(String name, long[] dims, String... entries) {
        var tensor = message().packed(1, dims).number(2, OnnxModelBuilder.FLOAT).text(8, name);
        for (int i = 0; i < entries.length; i += 2) {
            tensor.message(13, message().text(1, entries[i]).text(2, entries[i + 1]));
        }
        return tensor.number(14, 1);
    }

    /// `inputs` and `outputs`: names with blanks between them.
    static ProtoWriter node(String operator, String inputs, String outputs, ProtoWriter... attributes) {
        return node("", operator, inputs, outputs, attributes);
    }

    static ProtoWriter node(String domain, String operator, String inputs, String outputs, ProtoWriter... attributes) {
        var node = message();
        names(node, 1, inputs);
        names(node, 2, outputs);
        node.text(4, operator);
        for (var attribute : attributes) {
            node.message(5, attribute);
        }
        return domain.isEmpty() ? node : node.text(7, domain);
    }

    static void names(ProtoWriter message, int field, String names) {
        for (var name : names.split(" ", -1)) {
            if (!name.isEmpty()) {
                message.text(field, name.equals("_") ? "" : name);
            }
        }
    }

    static ProtoWriter attribute(String name, long value) {
        return message().text(1, name).number(3, value).number(20, 2);
    }

    static ProtoWriter attribute(String name, long... values) {
        return message().text(1, name).packed(8, values).number(20, 7);
    }

    static ProtoWriter tensorAttribute(String name, ProtoWriter tensor) {
        return message().text(1, name).message(5, tensor).number(20, 4);
    }

    static ProtoWriter graphAttribute(String name, ProtoWriter graph) {
        return message().text(1, name).message(6, graph).number(20, 5);
    }

    /// -1: named.
    static ProtoWriter valueInfo(String name, int type, long... dims) {
        var shape = message();
        for (int i = 0; i < dims.length; i++) {
            shape.message(
                    1, dims[i] == -1 ? message().text(2, "d" + i) : message().number(1, dims[i]));
        }
        var tensor = message().number(1, type).message(2, shape);
        return message().text(1, name).message(2, message().message(1, tensor));
    }

    /// x FP32 [-1, 3] to y of any shape.
    static ProtoWriter graph(ProtoWriter... nodes) {
        return message()
                .message(11, valueInfo("x", OnnxModelBuilder.FLOAT, -1, 3))
                .message(12, valueInfo("y", OnnxModelBuilder.FLOAT, -1, -1))
                .nodes(nodes);
    }

    ProtoWriter nodes(ProtoWriter... nodes) {
        for (var node : nodes) {
            message(1, node);
        }
        return text(2, "test");
    }

    ProtoWriter initializer(ProtoWriter tensor) {
        return message(5, tensor);
    }

    static ProtoWriter model(ProtoWriter graph) {
        return message().number(1, 8).message(7, graph).opset("", 17);
    }

    ProtoWriter opset(String domain, long version) {
        return message(8, message().text(1, domain).number(2, version));
    }

    static ProtoWriter function(String domain, String name, String inputs, String outputs, ProtoWriter... nodes) {
        var function = message().text(1, name);
        names(function, 4, inputs);
        names(function, 5, outputs);
        for (var node : nodes) {
            function.message(7, node);
        }
        return function.message(9, message().text(1, "").number(2, 17))
                .message(9, message().text(1, domain).number(2, 1))
                .text(10, domain);
    }
}
