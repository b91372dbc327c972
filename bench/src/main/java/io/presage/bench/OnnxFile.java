package io.presage.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Writes ONNX models with random weights, byte by byte: field numbers are those of onnx.proto. All FP32.
final class OnnxFile {
    private static final int FLOAT = 1;
    private static final int INTS = 7;
    private static final int OPSET = 17;
    private static final int IR_VERSION = 8;

    private final RandomGenerator random;
    private final List<byte[]> nodes = new ArrayList<>();
    private final List<byte[]> weights = new ArrayList<>();
    private int names;

    private OnnxFile(long seed) {
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /// A picture classifier of depthwise separable convolutions (arXiv:1704.04861), `image` FP32
    /// [-1, 3, 224, 224] to `scores` [-1, 1000].
    ///
    /// @param width share of the paper's channels
    static byte[] separableConvolutions(double width, long seed) {
        var file = new OnnxFile(seed);
        int channels = scaled(32, width);
        var last = file.convolution("image", 3, channels, 3, 2, 1);
        int[][] blocks = {
            {64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {512, 1},
            {1024, 2}, {1024, 1}
        };
        for (int[] block : blocks) {
            last = file.convolution(last, channels, channels, 3, block[1], channels);
            int next = scaled(block[0], width);
            last = file.convolution(last, channels, next, 1, 1, 1);
            channels = next;
        }
        last = file.node("GlobalAveragePool", List.of(last), file.name(), List.of());
        last = file.node("Flatten", List.of(last), file.name(), List.of());
        var matrix = file.weight(Math.sqrt(1.0 / channels), channels, 1000);
        file.node("MatMul", List.of(last, matrix), "scores", List.of());
        return file.model("image", new long[] {-1, 3, 224, 224}, "scores", new long[] {-1, 1000});
    }

    /// `features` FP32 [-1, 30] through 16 hidden units to `scores` [-1, 2]: 2 kB of weights.
    static byte[] tabular(long seed) {
        var file = new OnnxFile(seed);
        var hidden = file.node("MatMul", List.of("features", file.weight(0.2, 30, 16)), file.name(), List.of());
        var active = file.node("Relu", List.of(hidden), file.name(), List.of());
        file.node("MatMul", List.of(active, file.weight(0.2, 16, 2)), "scores", List.of());
        return file.model("features", new long[] {-1, 30}, "scores", new long[] {-1, 2});
    }

    private static int scaled(int channels, double width) {
        return Math.max(8, (int) Math.round(channels * width / 8) * 8);
    }

    private String convolution(String from, int channels, int filters, int kernel, int stride, int groups) {
        int fanIn = channels / groups * kernel * kernel;
        var weight = weight(Math.sqrt(2.0 / fanIn), filters, channels / groups, kernel, kernel);
        var bias = weight(0.01, filters);
        int pad = kernel / 2;
        var attributes = List.of(
                integers("kernel_shape", kernel, kernel),
                integers("strides", stride, stride),
                integers("pads", pad, pad, pad, pad),
                new Message().text(1, "group").number(3, groups).number(20, 2).bytes());
        var convolved = node("Conv", List.of(from, weight, bias), name(), attributes);
        return node("Relu", List.of(convolved), name(), List.of());
    }

    private static byte[] integers(String name, long... values) {
        var attribute = new Message().text(1, name);
        for (long value : values) {
            attribute.number(8, value);
        }
        return attribute.number(20, INTS).bytes();
    }

    private String name() {
        return "v" + names++;
    }

    private String node(String operator, List<String> from, String to, List<byte[]> attributes) {
        var node = new Message();
        from.forEach(name -> node.text(1, name));
        node.text(2, to).text(4, operator);
        attributes.forEach(attribute -> node.block(5, attribute));
        nodes.add(node.bytes());
        return to;
    }

    private String weight(double deviation, int... dims) {
        int count = 1;
        var tensor = new Message();
        for (int dim : dims) {
            count *= dim;
            tensor.number(1, dim);
        }
        var raw = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            raw.putFloat((float) (random.nextGaussian() * deviation));
        }
        var name = "w" + names++;
        weights.add(tensor.number(2, FLOAT).text(8, name).block(9, raw.array()).bytes());
        return name;
    }

    private byte[] model(String input, long[] inputDims, String output, long[] outputDims) {
        var graph = new Message();
        nodes.forEach(node -> graph.block(1, node));
        graph.text(2, "bench");
        weights.forEach(tensor -> graph.block(5, tensor));
        graph.block(11, value(input, inputDims)).block(12, value(output, outputDims));
        return new Message()
                .number(1, IR_VERSION)
                .block(7, graph.bytes())
                .block(8, new Message().text(1, "").number(2, OPSET).bytes())
                .bytes();
    }

    private static byte[] value(String name, long... dims) {
        var shape = new Message();
        for (long dim : dims) {
            shape.block(1, (dim < 0 ? new Message().text(2, "n") : new Message().number(1, dim)).bytes());
        }
        var tensor = new Message().number(1, FLOAT).block(2, shape.bytes());
        return new Message()
                .text(1, name)
                .block(2, new Message().block(1, tensor.bytes()).bytes())
                .bytes();
    }

    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message number(int field, long value) {
            varint((long) field << 3);
            varint(value);
            return this;
        }

        Message text(int field, String value) {
            return block(field, value.getBytes(UTF_8));
        }

        Message block(int field, byte[] value) {
            varint((long) field << 3 | 2);
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
