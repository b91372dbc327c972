package io.presage.engine.tensorflow;

import io.presage.contract.infer.DataType;
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
import org.tensorflow.Graph;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.StdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/// The tumour classifier of the examples as a SavedModel with variables that hold the ONNX file's own weights,
/// and the
/// samples that it has not learned from.
final class TumourModel {
    static final Path MODELS = Path.of("../../examples/models/tumour");
    static final Path ONNX = MODELS.resolve("model.onnx");
    private static final Path DATA = Path.of("../../examples/training/tumour/breast_cancer.csv");
    private static final int FEATURES = 30;

    private TumourModel() {}

    static void save(Path folder) throws IOException {
        var all = initializers(ByteBuffer.wrap(Files.readAllBytes(ONNX)));
        var flat = Objects.requireNonNull(all.get("weights"), "weights");
        var weights = new float[FEATURES][2];
        for (int i = 0; i < FEATURES; i++) {
            weights[i][0] = flat[2 * i];
            weights[i][1] = flat[2 * i + 1];
        }
        try (var graph = new Graph()) {
            var tf = Ops.create(graph);
            var features =
                    tf.withName("features").placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, FEATURES)));
            var weight = tf.variable(Shape.of(FEATURES, 2), TFloat32.class);
            var bias = tf.variable(Shape.of(2), TFloat32.class);
            var logits = tf.math.add(tf.linalg.matMul(features, weight), bias);
            try (var session = new Session(graph)) {
                session.runner()
                        .addTarget(tf.assign(weight, tf.constant(StdArrays.ndCopyOf(weights))))
                        .addTarget(tf.assign(bias, tf.constant(Objects.requireNonNull(all.get("bias"), "bias"))))
                        .run();
                export(
                        folder,
                        session,
                        Signature.builder("serving_default")
                                .input("features", features)
                                .output("probabilities", tf.nn.softmax(logits))
                                .output("label", tf.math.argMax(logits, tf.constant(1), TInt64.class))
                                .build());
            }
        }
    }

    /// Texts in; the same in capitals, and their lengths in bytes, out. `signatures` serve the same graph.
    static void saveTexts(Path folder, Shape shape, String... signatures) throws IOException {
        try (var graph = new Graph()) {
            var tf = Ops.create(graph);
            var text = tf.placeholder(TString.class, Placeholder.shape(shape));
            var capitals = tf.strings.upper(text);
            var length = tf.strings.stringLength(text);
            try (var session = new Session(graph)) {
                var all = new Signature[signatures.length];
                for (int i = 0; i < all.length; i++) {
                    all[i] = Signature.builder(signatures[i])
                            .input("text", text)
                            .output("capitals", capitals)
                            .output("bytes", length)
                            .build();
                }
                export(folder, session, all);
            }
        }
    }

    private static void export(Path folder, Session session, Signature... signatures) throws IOException {
        var exporter =
                SavedModelBundle.exporter(folder.toString()).withTags("serve").withSession(session);
        for (var signature : signatures) {
            exporter.withSignature(signature);
        }
        exporter.export();
        // TensorFlow's own writers set it, its Java does not.
        var file = folder.resolve("saved_model.pb");
        var model = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
        Files.write(file, model.setSavedModelSchemaVersion(1).build().toByteArray());
    }

    record Samples(io.presage.contract.infer.Tensor.Fixed tensor, List<Long> labels) {}

    /// Every fifth sample.
    static Samples heldOut() throws IOException {
        var lines = Files.readAllLines(DATA);
        var labels = new ArrayList<Long>();
        var data = TensorAllocator.DIRECT.allocate((lines.size() + 3) / 5 * FEATURES * Float.BYTES);
        for (int line = 1; line < lines.size(); line += 5) {
            var cells = lines.get(line).split(",");
            for (int i = 0; i < FEATURES; i++) {
                data.putFloat(Float.parseFloat(cells[i]));
            }
            labels.add(Long.parseLong(cells[FEATURES]));
        }
        return new Samples(
                new io.presage.contract.infer.Tensor.Fixed(
                        "features",
                        DataType.FP32,
                        io.presage.contract.infer.Shape.of(labels.size(), FEATURES),
                        data.flip()),
                labels);
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
