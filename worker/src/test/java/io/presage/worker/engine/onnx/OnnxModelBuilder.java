package io.presage.worker.engine.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Writes small ONNX models byte by byte, without the ONNX library: field numbers are those of onnx.proto.
public final class OnnxModelBuilder {
    public static final int FLOAT = 1;
    public static final int INT64 = 7;
    public static final int STRING = 8;
    public static final int BOOL = 9;
    public static final int FLOAT16 = 10;
    public static final int DOUBLE = 11;
    public static final int UINT32 = 12;
    public static final int BFLOAT16 = 16;

    private final List<byte[]> nodes = new ArrayList<>();
    private final List<byte[]> initializers = new ArrayList<>();
    private final List<byte[]> inputs = new ArrayList<>();
    private final List<byte[]> outputs = new ArrayList<>();
    private long opset = 17;
    private long irVersion = 8;

    /// y = x, any datatype; the first dimension of `dims` may be -1.
    public static byte[] identity(int type, long... dims) {
        return new OnnxModelBuilder()
                .input("x", type, dims)
                .output("y", type, dims)
                .node("Identity", List.of("x"), List.of("y"))
                .build();
    }

    /// y = x + x, FP32 [-1, columns].
    public static byte[] twice(int columns) {
        return new OnnxModelBuilder()
                .input("x", FLOAT, -1, columns)
                .output("y", FLOAT, -1, columns)
                .node("Add", List.of("x", "x"), List.of("y"))
                .build();
    }

    /// y = table at x for INT64 x [-1]: a row whose index is out of range fails the run that it is in.
    public static byte[] lookUp(float... table) {
        return new OnnxModelBuilder()
                .initializer("table", table, table.length)
                .input("x", INT64, -1)
                .output("y", FLOAT, -1)
                .node("Gather", List.of("table", "x"), List.of("y"))
                .build();
    }

    /// y = x w repeated: FP32 [-1, size], `layers` products of size x size; as slow as one likes.
    public static byte[] slow(int size, int layers) {
        var builder = new OnnxModelBuilder().input("x", FLOAT, -1, size).output("y", FLOAT, -1, size);
        var weights = new float[size * size];
        for (int i = 0; i < size; i++) {
            weights[i * size + i] = 1;
        }
        builder.initializer("w", weights, size, size);
        for (int i = 0; i < layers; i++) {
            builder.node(
                    "MatMul", List.of(i == 0 ? "x" : "h" + i, "w"), List.of(i == layers - 1 ? "y" : "h" + (i + 1)));
        }
        return builder.build();
    }

    public OnnxModelBuilder opset(long version) {
        opset = version;
        return this;
    }

    public OnnxModelBuilder irVersion(long version) {
        irVersion = version;
        return this;
    }

    public OnnxModelBuilder input(String name, int type, long... dims) {
        inputs.add(valueInfo(name, type, dims));
        return this;
    }

    public OnnxModelBuilder output(String name, int type, long... dims) {
        outputs.add(valueInfo(name, type, dims));
        return this;
    }

    public OnnxModelBuilder node(String operator, List<String> from, List<String> to) {
        var node = new Message();
        from.forEach(name -> node.text(1, name));
        to.forEach(name -> node.text(2, name));
        nodes.add(node.text(4, operator).bytes());
        return this;
    }

    /// A node with one attribute, a whole number.
    public OnnxModelBuilder node(String operator, List<String> from, List<String> to, String attribute, long value) {
        var node = new Message();
        from.forEach(name -> node.text(1, name));
        to.forEach(name -> node.text(2, name));
        var number = new Message().text(1, attribute).number(3, value).number(20, 2);
        nodes.add(node.text(4, operator).block(5, number.bytes()).bytes());
        return this;
    }

    public OnnxModelBuilder initializer(String name, float[] values, long... dims) {
        var raw = new ByteArrayOutputStream();
        for (float value : values) {
            int bits = Float.floatToIntBits(value);
            raw.write(bits);
            raw.write(bits >> 8);
            raw.write(bits >> 16);
            raw.write(bits >> 24);
        }
        var tensor = new Message();
        for (long dim : dims) {
            tensor.number(1, dim);
        }
        initializers.add(tensor.number(2, FLOAT)
                .text(8, name)
                .block(9, raw.toByteArray())
                .bytes());
        return this;
    }

    /// Of any datatype: `raw` in the order of little-endian machines.
    public OnnxModelBuilder rawInitializer(String name, int type, byte[] raw, long... dims) {
        var tensor = new Message();
        for (long dim : dims) {
            tensor.number(1, dim);
        }
        initializers.add(tensor.number(2, type).text(8, name).block(9, raw).bytes());
        return this;
    }

    /// An FP32 initializer whose numbers lie in another file.
    public OnnxModelBuilder externalInitializer(String name, String location, long... dims) {
        var tensor = new Message();
        for (long dim : dims) {
            tensor.number(1, dim);
        }
        tensor.number(2, FLOAT).text(8, name);
        tensor.block(13, new Message().text(1, "location").text(2, location).bytes());
        initializers.add(tensor.number(14, 1).bytes());
        return this;
    }

    public byte[] build() {
        var graph = new Message();
        nodes.forEach(node -> graph.block(1, node));
        graph.text(2, "test");
        initializers.forEach(tensor -> graph.block(5, tensor));
        inputs.forEach(input -> graph.block(11, input));
        outputs.forEach(output -> graph.block(12, output));
        return new Message()
                .number(1, irVersion)
                .block(7, graph.bytes())
                .block(8, new Message().text(1, "").number(2, opset).bytes())
                .bytes();
    }

    private static byte[] valueInfo(String name, int type, long... dims) {
        var shape = new Message();
        for (int i = 0; i < dims.length; i++) {
            var dim = dims[i] < 0 ? new Message().text(2, "d" + i) : new Message().number(1, dims[i]);
            shape.block(1, dim.bytes());
        }
        var tensor = new Message().number(1, type).block(2, shape.bytes());
        return new Message()
                .text(1, name)
                .block(2, new Message().block(1, tensor.bytes()).bytes())
                .bytes();
    }

    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message number(int field, long value) {
            varint(field << 3);
            varint(value);
            return this;
        }

        Message text(int field, String value) {
            return block(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message block(int field, byte[] value) {
            varint(field << 3 | 2);
            varint(value.length);
            out.writeBytes(value);
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
    }
}
