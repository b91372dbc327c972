package io.presage.e2e.cluster;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Small ONNX models, written by hand as the protocol buffers that they are (onnx.proto, IR version 8, opset
/// 13), so that every version answers visibly differently.
public final class TestModels {
    private static final int FLOAT = 1;

    /// `y = x + constant`; `x` and `y` are FP32 `[-1, 4]`.
    public static byte[] plus(float constant) {
        var node = new Message()
                .text(1, "x")
                .text(1, "c")
                .text(2, "y")
                .text(3, "plus")
                .text(4, "Add");
        var value =
                ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(constant);
        var initializer =
                new Message().number(1, 1).number(2, FLOAT).text(8, "c").bytes(9, value.array());
        var graph = new Message()
                .message(1, node)
                .text(2, "plus")
                .message(5, initializer)
                .message(11, tensor("x", 4))
                .message(12, tensor("y", 4));
        return new Message()
                .number(1, 8)
                .text(2, "presage-e2e")
                .message(7, graph)
                .message(8, new Message().text(1, "").number(2, 13))
                .toBytes();
    }

    /// `y = x w` with `w` twice the unit matrix; `x` and `y` are FP32 `[-1, size]`. Large enough, it can be
    /// quantised.
    public static byte[] twice(int size) {
        var node = new Message()
                .text(1, "x")
                .text(1, "w")
                .text(2, "y")
                .text(3, "twice")
                .text(4, "MatMul");
        var values = ByteBuffer.allocate(size * size * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < size; i++) {
            values.putFloat((i * size + i) * Float.BYTES, 2);
        }
        var weights = new Message()
                .number(1, size)
                .number(1, size)
                .number(2, FLOAT)
                .text(8, "w")
                .bytes(9, values.array());
        var graph = new Message()
                .message(1, node)
                .text(2, "twice")
                .message(5, weights)
                .message(11, tensor("x", size))
                .message(12, tensor("y", size));
        return new Message()
                .number(1, 8)
                .text(2, "presage-e2e")
                .message(7, graph)
                .message(8, new Message().text(1, "").number(2, 13))
                .toBytes();
    }

    private static Message tensor(String name, int size) {
        var shape = new Message().message(1, new Message().text(2, "n")).message(1, new Message().number(1, size));
        var type = new Message().message(1, new Message().number(1, FLOAT).message(2, shape));
        return new Message().text(1, name).message(2, type);
    }

    /// A protocol buffer message under construction.
    private static final class Message {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Message number(int field, long value) {
            varint((long) field << 3);
            varint(value);
            return this;
        }

        Message text(int field, String value) {
            return bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message value) {
            return bytes(field, value.toBytes());
        }

        Message bytes(int field, byte[] value) {
            varint(((long) field << 3) | 2);
            varint(value.length);
            bytes.writeBytes(value);
            return this;
        }

        byte[] toBytes() {
            return bytes.toByteArray();
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                bytes.write((int) ((rest & 0x7F) | 0x80));
                rest >>>= 7;
            }
            bytes.write((int) rest);
        }
    }

    private TestModels() {}
}
