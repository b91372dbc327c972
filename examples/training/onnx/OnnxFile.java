package onnx;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Writes an ONNX model of one graph: only those protobuf fields that our small networks need, so that training
/// takes a JDK and nothing else. The bytes depend on what is added and in which order, on nothing else. Field
/// numbers are those of `onnx.proto3` (IR version 8). One thread at a time.
public final class OnnxFile {
    private static final int IR_VERSION = 8;
    private static final int OPSET = 13;
    private static final int FLOAT = 1;
    private static final int INT64 = 7;

    private final Message graph = new Message();
    private final Message metadata = new Message();

    public OnnxFile(String name) {
        graph.text(2, name);
    }

    /// One line of `metadata_props`: where the model comes from travels with it.
    public OnnxFile about(String key, String value) {
        metadata.message(14, new Message().text(1, key).text(2, value));
        return this;
    }

    /// An input of FP32 whose first dimension is free: `[-1, dimensions...]`.
    public OnnxFile input(String name, long... dimensions) {
        graph.message(11, value(name, FLOAT, dimensions));
        return this;
    }

    /// An output of FP32 whose first dimension is free.
    public OnnxFile output(String name, long... dimensions) {
        graph.message(12, value(name, FLOAT, dimensions));
        return this;
    }

    /// An output of INT64 of shape `[-1]`.
    public OnnxFile labels(String name) {
        graph.message(12, value(name, INT64));
        return this;
    }

    public OnnxFile weights(String name, double[] values, long... dimensions) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            raw.putFloat((float) value);
        }
        Message tensor = new Message();
        for (long dimension : dimensions) {
            tensor.number(1, dimension);
        }
        graph.message(5, tensor.number(2, FLOAT).text(8, name).bytes(9, raw.array()));
        return this;
    }

    /// One node with one output. `attributes` are pairs of a name and an integer.
    public OnnxFile node(String operator, String output, String[] inputs, Object... attributes) {
        Message node = new Message();
        for (String input : inputs) {
            node.text(1, input);
        }
        node.text(2, output).text(3, output).text(4, operator);
        for (int i = 0; i < attributes.length; i += 2) {
            node.message(
                    5,
                    new Message()
                            .text(1, (String) attributes[i])
                            .number(3, (Integer) attributes[i + 1])
                            .number(20, 2));
        }
        graph.message(1, node);
        return this;
    }

    public void write(Path file) throws IOException {
        Message model = new Message()
                .number(1, IR_VERSION)
                .text(2, "presage-examples")
                .message(7, graph)
                .message(8, new Message().text(1, "").number(2, OPSET))
                .append(metadata);
        Files.write(file, model.toBytes());
    }

    private static Message value(String name, int type, long... dimensions) {
        Message shape = new Message().message(1, new Message().text(2, "n"));
        for (long dimension : dimensions) {
            shape.message(1, new Message().number(1, dimension));
        }
        Message tensor = new Message().number(1, type).message(2, shape);
        return new Message().text(1, name).message(2, new Message().message(1, tensor));
    }

    /// A protobuf message that is being written: https://protobuf.dev/programming-guides/encoding.
    private static final class Message {
        private static final int VARINT = 0;
        private static final int LENGTH_DELIMITED = 2;

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message number(int field, long value) {
            varint((long) field << 3 | VARINT);
            varint(value);
            return this;
        }

        Message bytes(int field, byte[] value) {
            varint((long) field << 3 | LENGTH_DELIMITED);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        Message text(int field, String value) {
            return bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message value) {
            return bytes(field, value.toBytes());
        }

        Message append(Message other) {
            out.writeBytes(other.toBytes());
            return this;
        }

        byte[] toBytes() {
            return out.toByteArray();
        }

        private void varint(long value) {
            while ((value & ~0x7FL) != 0) {
                out.write((int) (value & 0x7F | 0x80));
                value >>>= 7;
            }
            out.write((int) value);
        }
    }
}
