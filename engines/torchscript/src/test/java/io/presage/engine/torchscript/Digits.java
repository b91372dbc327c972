package io.presage.engine.torchscript;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;

/// The digits classifier of the examples, as TorchScript with the ONNX file's own weights, and the pictures
/// that it has
/// not learned from.
final class Digits {
    static final Path MODELS = Path.of("../../examples/models/digits");
    static final Path ONNX = MODELS.resolve("model.onnx");
    private static final Path DATA = Path.of("../../examples/training/digits/digits.csv.gz");
    private static final int PIXELS = 64;

    private Digits() {}

    static TorchArchive torchscript() throws IOException {
        var all = initializers(ByteBuffer.wrap(Files.readAllBytes(ONNX)));
        Function<String, float[]> weights = name -> Objects.requireNonNull(all.get(name), name);
        return new TorchArchive()
                .weights("paper", weights.apply("paper"), 64, 1)
                .weights("weights1", weights.apply("weights1"), 64, 64)
                .weights("bias1", weights.apply("bias1"), 64)
                .weights("weights2", weights.apply("weights2"), 64, 10)
                .weights("bias2", weights.apply("bias2"), 10)
                .forward(
                        "image: Tensor) -> Tensor",
                        "pixels = torch.flatten(image, 1)",
                        "ink = torch.abs(torch.sub(pixels, torch.matmul(pixels, self.paper)))",
                        "hidden = torch.relu(torch.addmm(self.bias1, ink, self.weights1))",
                        "return torch.softmax(torch.addmm(self.bias2, hidden, self.weights2), 1)");
    }

    record Pictures(Tensor.Fixed tensor, List<Integer> labels) {}

    /// Every fifth picture, 0 black to 1 white.
    static Pictures heldOut() throws IOException {
        List<String> lines;
        try (var in = new GZIPInputStream(Files.newInputStream(DATA))) {
            lines = new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
        }
        var labels = new ArrayList<Integer>();
        var data = TensorAllocator.DIRECT.allocate((lines.size() + 4) / 5 * PIXELS * Float.BYTES);
        for (int line = 0; line < lines.size(); line += 5) {
            var cells = lines.get(line).split(",");
            for (int i = 0; i < PIXELS; i++) {
                data.putFloat((float) (1 - Double.parseDouble(cells[i]) / 16));
            }
            labels.add((int) Double.parseDouble(cells[PIXELS]));
        }
        return new Pictures(
                new Tensor.Fixed("image", DataType.FP32, Shape.of(labels.size(), 8, 8, 1), data.flip()), labels);
    }

    /// `raw_data` of each tensor in the graph of an ONNX file, by name: fields 7 (graph), 5 (initializer), 8
    /// and 9.
    private static Map<String, float[]> initializers(ByteBuffer model) {
        var weights = new HashMap<String, float[]>();
        for (var graph : fields(model, 7)) {
            for (var tensor : fields(graph, 5)) {
                var name = StandardCharsets.UTF_8
                        .decode(fields(tensor.duplicate(), 8).getFirst())
                        .toString();
                var raw = fields(tensor, 9)
                        .getFirst()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer();
                var values = new float[raw.remaining()];
                raw.get(values);
                weights.put(name, values);
            }
        }
        return weights;
    }

    private static List<ByteBuffer> fields(ByteBuffer message, int wanted) {
        var found = new ArrayList<ByteBuffer>();
        while (message.hasRemaining()) {
            long tag = varint(message);
            if ((tag & 7) == 0) {
                varint(message);
            } else {
                int length = (int) varint(message);
                if (tag >>> 3 == wanted) {
                    found.add(message.slice(message.position(), length));
                }
                message.position(message.position() + length);
            }
        }
        return found;
    }

    private static long varint(ByteBuffer message) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = message.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
