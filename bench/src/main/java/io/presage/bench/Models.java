package io.presage.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/// Folders of the models that are measured, laid out as a package is. The embedding model's weights come from
/// its Maven artifact, the picture classifier's from chance.
final class Models {
    /// What every embedding package holds but its task.
    private static final String EMBEDDING_YAML = "model: model.onnx\nengine: onnxruntime\n";
    private static final String TEXT_YAML = "task: text-embedding\ntext: {tokenizer: tokenizer.json, tokensMax: 256}\n";
    /// Enough for a run that is too long for an event loop.
    private static final int TWIN_LAYERS = 4;
    /// About as much work as the embedding of 16 tokens: 8 ms on a core that does 80 GFLOP/s.
    private static final double IMAGE_WIDTH = 1.0;

    private final Path examples;
    private final Path work;

    Models(Path examples, Path work) {
        this.examples = examples;
        this.work = work;
    }

    static Path modelFile(Path directory) {
        return directory.resolve("model.onnx");
    }

    /// 30 numbers in, one label and two probabilities out.
    Path tumour() {
        return examples.resolve("tumour");
    }

    /// Texts to 384 numbers, int8: the demonstration model.
    Path quantised() throws IOException {
        var directory = work.resolve("minilm-int8");
        if (Files.notExists(directory)) {
            Files.createDirectories(directory);
            copyResource("/all-minilm-l6-v2-q.onnx", modelFile(directory));
            copyResource("/all-minilm-l6-v2-q-tokenizer.json", directory.resolve("tokenizer.json"));
            Files.copy(examples.resolve("minilm").resolve("model.yaml"), directory.resolve("model.yaml"));
        }
        return directory;
    }

    /// Token ids to a state of 384 numbers a token, fp32: the model as it is. A sample of 16 tokens lies in it.
    Path embedding() throws IOException {
        return embedding("minilm", "task: tensor\n");
    }

    /// The same, for an idle machine: all cores for one run.
    Path embeddingLatency() throws IOException {
        return embedding("minilm-latency", "task: tensor\nprofile: latency\n");
    }

    /// Texts to 384 numbers, fp32.
    Path embeddingText() throws IOException {
        return embedding("minilm-text", TEXT_YAML);
    }

    /// Token ids again, with a queue of few rows.
    Path embeddingShortQueue(int rows) throws IOException {
        return embedding("minilm-queue-" + rows, "task: tensor\nbatching: {queueRowsMax: " + rows + "}\n");
    }

    /// Takes and gives what [#embedding] does, for a twentieth of the work: to warm what surrounds the model.
    Path embeddingTwin() throws IOException {
        return embedding("twin", "task: tensor\n", Optional.of(OnnxFile.embeddingTwin(TWIN_LAYERS, 2)));
    }

    /// The same for [#embeddingText].
    Path embeddingTextTwin() throws IOException {
        return embedding("twin-text", TEXT_YAML, Optional.of(OnnxFile.embeddingTwin(TWIN_LAYERS, 2)));
    }

    private Path embedding(String name, String yaml) throws IOException {
        return embedding(name, yaml, Optional.empty());
    }

    private Path embedding(String name, String yaml, Optional<byte[]> model) throws IOException {
        var directory = work.resolve(name);
        if (Files.notExists(directory)) {
            Files.createDirectories(directory.resolve("samples"));
            if (model.isPresent()) {
                Files.write(modelFile(directory), model.get());
            } else {
                copyResource("/all-minilm-l6-v2.onnx", modelFile(directory));
            }
            copyResource("/all-minilm-l6-v2-tokenizer.json", directory.resolve("tokenizer.json"));
            Files.writeString(directory.resolve("model.yaml"), yaml + EMBEDDING_YAML);
            Files.writeString(
                    directory.resolve("samples").resolve("tokens16.request.json"),
                    yaml.contains("text-embedding")
                            ? Workload.text(Texts.ofTokens(Workload.TOKENS))
                            : sample(directory));
        }
        return directory;
    }

    private static String sample(Path directory) throws IOException {
        try (var tokenizer = Texts.tokenizer(directory)) {
            var encoding = tokenizer.encode(Texts.ofTokens(Workload.TOKENS));
            return "{\"inputs\": [" + longs("input_ids", encoding.getIds()) + ", "
                    + longs("attention_mask", encoding.getAttentionMask()) + ", "
                    + longs("token_type_ids", encoding.getTypeIds()) + "]}";
        }
    }

    private static String longs(String name, long[] values) {
        return "{\"name\": \"" + name + "\", \"shape\": [1, " + values.length + "], \"datatype\": \"INT64\", \"data\": "
                + Arrays.toString(values) + "}";
    }

    /// Pictures FP32 [-1, 3, 224, 224] (600 kB each) to 1,000 scores.
    Path image() throws IOException {
        var directory = work.resolve("image");
        if (Files.notExists(directory)) {
            Files.createDirectories(directory);
            Files.write(modelFile(directory), OnnxFile.separableConvolutions(IMAGE_WIDTH, 1));
        }
        return directory;
    }

    /// Takes what [#image] does and hardly works: to warm what surrounds the model.
    Path imageTwin() throws IOException {
        var directory = work.resolve("image-twin");
        if (Files.notExists(directory)) {
            Files.createDirectories(directory);
            Files.write(modelFile(directory), OnnxFile.pictureTwin());
        }
        return directory;
    }

    /// One of many small networks that others load and unload: 4 MB of weights.
    Path neighbour(int number) throws IOException {
        var directory = work.resolve("neighbour-" + number);
        if (Files.notExists(directory)) {
            Files.createDirectories(directory);
            Files.write(modelFile(directory), OnnxFile.separableConvolutions(0.5, 100 + number));
        }
        return directory;
    }

    /// Copies of all files of a package, for one that differs in a file.
    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (var file : files.toList()) {
                var target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    private static void copyResource(String name, Path target) throws IOException {
        try (InputStream resource = Models.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            Files.copy(resource, target);
        }
    }
}
