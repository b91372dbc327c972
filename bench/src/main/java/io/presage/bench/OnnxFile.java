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
    private static final int INT64 = 7;
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
        return file.model(new Message()
                .block(11, value("image", FLOAT, -1, 3, 224, 224))
                .block(12, value("scores", FLOAT, -1, 1000)));
    }

    /// `features` FP32 [-1, 30] through 16 hidden units to `scores` [-1, 2]: 2 kB of weights.
    static byte[] tabular(long seed) {
        var file = new OnnxFile(seed);
        var hidden = file.node("MatMul", List.of("features", file.weight(0.2, 30, 16)), file.name(), List.of());
        var active = file.node("Relu", List.of(hidden), file.name(), List.of());
        file.node("MatMul", List.of(active, file.weight(0.2, 16, 2)), "scores", List.of());
        return file.model(
                new Message().block(11, value("features", FLOAT, -1, 30)).block(12, value("scores", FLOAT, -1, 2)));
    }

    /// What the embedding model takes and gives, for a fraction of its work: each token's numbers through
    /// `layers` matrices of 384 x 384.
    static byte[] embeddingTwin(int layers, long seed) {
        var file = new OnnxFile(seed);
        var inputs = List.of("input_ids", "attention_mask", "token_type_ids");
        var toFloat = new Message().text(1, "to").number(3, FLOAT).number(20, 2).bytes();
        var sum = file.node("Cast", List.of(inputs.getFirst()), file.name(), List.of(toFloat));
        for (var input : inputs.subList(1, inputs.size())) {
            var cast = file.node("Cast", List.of(input), file.name(), List.of(toFloat));
            sum = file.node("Add", List.of(sum, cast), file.name(), List.of());
        }
        var last = file.node("Unsqueeze", List.of(sum, file.constant(2)), file.name(), List.of());
        last = file.node("Mul", List.of(last, file.weight(1e-4, Pooling.DIMENSIONS)), file.name(), List.of());
        for (int i = 0; i < layers; i++) {
            var matrix = file.weight(Math.sqrt(1.0 / Pooling.DIMENSIONS), Pooling.DIMENSIONS, Pooling.DIMENSIONS);
            var to = i == layers - 1 ? "last_hidden_state" : file.name();
            last = file.node("MatMul", List.of(last, matrix), to, List.of());
        }
        var values = new Message();
        for (var input : inputs) {
            values.block(11, value(input, INT64, -1, -1));
        }
        values.block(12, value("last_hidden_state", FLOAT, -1, -1, Pooling.DIMENSIONS));
        return file.model(values);
    }

    /// What the picture classifier takes, for hardly any work: the mean of each colour.
    static byte[] pictureTwin() {
        var file = new OnnxFile(0);
        file.node("GlobalAveragePool", List.of("image"), "scores", List.of());
        return file.model(new Message()
                .block(11, value("image", FLOAT, -1, 3, 224, 224))
                .block(12, value("scores", FLOAT, -1, 3, 1, 1)));
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

    private String constant(long value) {
        var raw = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
        var name = "w" + names++;
        weights.add(new Message()
                .number(1, 1)
                .number(2, INT64)
                .text(8, name)
                .block(9, raw.array())
                .bytes());
        return name;
    }

    /// @param values the graph's inputs and outputs
    private byte[] model(Message values) {
        var graph = new Message();
        nodes.forEach(node -> graph.block(1, node));
        graph.text(2, "bench");
        weights.forEach(tensor -> graph.block(5, tensor));
        graph.append(values);
        return new Message()
                .number(1, IR_VERSION)
                .block(7, graph.bytes())
                .block(8, new Message().text(1, "").number(2, OPSET).bytes())
                .bytes();
    }

    private static byte[] value(String name, int type, long... dims) {
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

        void append(Message fields) {
            out.writeBytes(fields.bytes());
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
