package io.presage.worker.tasks;

import static io.presage.worker.tasks.Rejection.failureOf;
import static io.presage.worker.tasks.Rejection.messageOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.engine.LoadException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// On the real tokenizer, and the real MiniLM where it matters.
class TextEmbeddingTaskTest {
    @TempDir
    static Path directory;

    private static OnnxSession model;
    private static Task task;

    @BeforeAll
    static void load() throws LoadException {
        ExamplePackage minilm = ExamplePackage.minilm(directory);
        model = new OnnxSession(minilm.unpacked().modelFile());
        task = Tasks.create(minilm.unpacked(), model.signature());
    }

    @AfterAll
    static void close() throws Exception {
        task.close();
        model.close();
    }

    @Test
    void signature_isTextToEmbedding() {
        assertThat(task.signature().inputs()).containsExactly(new TensorSpec("text", DataType.BYTES, Shape.of(-1)));
        assertThat(task.signature().outputs())
                .containsExactly(new TensorSpec("embedding", DataType.FP32, Shape.of(-1, 384)));
        assertThat(task.signature().batchable()).isTrue();
    }

    @Test
    void prepare_padsToTheLongestAndMasks() {
        Task.Prepared prepared = task.prepare(texts("Hello world", "a longer text of more than eight tokens"));

        assertThat(prepared.rows()).isEqualTo(2);
        assertThat(prepared.groupKey()).isZero();
        assertThat(prepared.length()).isEqualTo(11);
        assertThat(prepared.tokens()).isEqualTo(15);
        assertThat(longs(prepared, "input_ids", 0)).startsWith(101, 7592, 2088, 102, 0);
        assertThat(longs(prepared, "attention_mask", 0)).startsWith(1, 1, 1, 1, 0);
        assertThat(Arrays.stream(longs(prepared, "attention_mask", 1)).sum()).isEqualTo(11);
        assertThat(longs(prepared, "token_type_ids", 1)).containsOnly(0);
    }

    @Test
    void prepareTokens_areWhatTheModelGets() {
        var embedding = (EmbeddingTask) task;
        Task.Prepared given = embedding.prepareTokens(List.of(new int[] {101, 7592, 2088, 102}, new int[] {101}));
        Task.Prepared made = task.prepare(texts("Hello world"));

        assertThat(given.rows()).isEqualTo(2);
        assertThat(given.tokens()).isEqualTo(5);
        assertThat(longs(given, "input_ids", 0)).containsExactly(longs(made, "input_ids", 0));
        assertThat(longs(given, "attention_mask", 1)).containsExactly(1, 0, 0, 0);
        assertThat(embedding.dimensions()).isEqualTo(384);
    }

    @Test
    void prepareTokens_thatTheTokenizerCouldNotGive_areRefused() {
        var embedding = (EmbeddingTask) task;
        messageOf(() -> embedding.prepareTokens(List.of(new int[] {30521}, new int[] {1, 30522})))
                .isEqualTo("tokens[1][1]: 30522 (expected: a token of the model's own tokenizer, 0..30521)");
        messageOf(() -> embedding.prepareTokens(List.of(new int[] {-1}))).contains("tokens[0][0]: -1");
        messageOf(() -> embedding.prepareTokens(List.of(new int[257]))).contains("257 tokens");
        messageOf(() -> embedding.prepareTokens(List.of(new int[0]))).contains("0 tokens");
        messageOf(() -> embedding.prepareTokens(List.of())).contains("0 rows (expected: 1..32)");
    }

    @Test
    void prepare_longText_isCutToTokensMax() {
        Task.Prepared prepared = task.prepare(texts("word ".repeat(1_000)));

        assertThat(prepared.inputs().getFirst().shape()).isEqualTo(Shape.of(1, 256));
        assertThat(longs(prepared, "input_ids", 0)[255]).as("[SEP]").isEqualTo(102);
    }

    @Test
    void prepare_anyCharacters_areTokens() {
        task.prepare(texts("e\u0301 \uD83D\uDE00 \u4E2D\u6587 \u0000 \u202E", "x".repeat(10_000)));
    }

    @Test
    void prepare_badText_isNamed() {
        messageOf(() -> task.prepare(texts("fine", "")))
                .isEqualTo("text[1]: blank, 0 characters (expected: some text)");
        messageOf(() -> task.prepare(texts(" \n\t"))).isEqualTo("text[0]: blank, 3 characters (expected: some text)");
        Tensor latin1 = new Tensor.Bytes("text", Shape.of(1), List.of(new byte[] {'c', 'a', 'f', (byte) 0xE9}));
        messageOf(() -> task.prepare(List.of(latin1)))
                .isEqualTo("text[0]: 4 bytes that are not UTF-8 (expected: text in UTF-8)");
        messageOf(() -> task.prepare(texts("x".repeat(300_000))))
                .isEqualTo("text[0]: 300000 bytes (expected: at most 262144)");
        String[] many = new String[33];
        Arrays.fill(many, "a");
        messageOf(() -> task.prepare(texts(many))).isEqualTo("text: 33 rows (expected: 1..32)");
    }

    @Test
    void finish_relatedTexts_areClose() {
        float[][] embeddings = embed(
                "A man is playing a guitar.", "Someone plays a musical instrument.", "The stock market fell today.");

        assertThat(dot(embeddings[0], embeddings[0])).isCloseTo(1, within(1e-4));
        assertThat(dot(embeddings[0], embeddings[1])).isGreaterThan(0.6);
        assertThat(dot(embeddings[0], embeddings[2])).isLessThan(0.1);
    }

    /// The int8 model itself depends on batch mates (cosine 0.990 at worst): padding must add nothing to that.
    @Test
    void finish_withBatchMates_isNearlyTheSame() {
        String text = "The quick brown fox jumps over the lazy dog.";

        double cosine = dot(embed(text)[0], embed("short", text, "a much longer one ".repeat(8))[1]);

        assertThat(cosine).isGreaterThan(0.985);
    }

    @Test
    void finish_meanIsOverTheMaskOnly() throws Exception {
        try (Task plain = Tasks.create(
                Manifests.text(directory, new Manifest.Text("tokenizer.json", 16, "mean", false)),
                signature(Shape.of(-1, -1, 2)))) {
            Task.Prepared prepared = plain.prepare(texts("Hello world"));

            assertThat(finish(plain, prepared, states())).containsExactly(2.5f, 25);
        }
    }

    /// In a batch with a longer text: the model's rows are longer than this call's.
    @Test
    void finish_ofALongerBatch_readsItsOwnRows() throws Exception {
        try (Task plain = Tasks.create(
                Manifests.text(directory, new Manifest.Text("tokenizer.json", 16, "mean", false)),
                signature(Shape.of(-1, -1, 2)))) {
            Task.Prepared prepared = plain.prepare(texts("Hello world", "Hello"));
            float[] states = new float[2 * 6 * 2];
            Arrays.fill(states, 99);
            System.arraycopy(new float[] {1, 10, 2, 20, 3, 30, 4, 40}, 0, states, 0, 8);
            System.arraycopy(new float[] {1, 4, 2, 5, 3, 6}, 0, states, 12, 6);

            Tensor embeddings = plain.finish(prepared, List.of(Numbers.floats("out", Shape.of(2, 6, 2), states)))
                    .getFirst();

            assertThat(Numbers.floats(embeddings, Shape.of(2, 2))).containsExactly(2.5f, 25, 2, 5);
            Tensor tooShort = Numbers.floats("out", Shape.of(2, 3, 2), new float[12]);
            assertThatThrownBy(() -> plain.finish(prepared, List.of(tooShort)))
                    .hasMessage("output out: [2, 3, 2] (expected: at least 4 tokens)");
        }
    }

    @Test
    void finish_cls_isTheFirstToken() throws Exception {
        try (Task cls = Tasks.create(
                Manifests.text(directory, new Manifest.Text("tokenizer.json", 16, "cls", true)),
                signature(Shape.of(-1, -1, 2)))) {
            Task.Prepared prepared = cls.prepare(texts("Hello world"));

            float[] embedding = finish(cls, prepared, states());

            assertThat(embedding[1] / embedding[0]).isCloseTo(10, within(1e-4f));
            assertThat(dot(embedding, embedding)).isCloseTo(1, within(1e-5));
        }
    }

    @Test
    void finish_modelThatPools_isTakenAsItIs() throws Exception {
        try (Task pooled = Tasks.create(
                Manifests.text(directory, new Manifest.Text("tokenizer.json", 16, "mean", false)),
                signature(Shape.of(-1, 2)))) {
            Task.Prepared prepared = pooled.prepare(texts("Hello world"));

            assertThat(finish(pooled, prepared, Numbers.floats("out", Shape.of(1, 2), new float[] {3, 4})))
                    .containsExactly(3, 4);
        }
    }

    @Test
    void create_tokenizerMissingOrBroken_isNamed(@TempDir Path other) throws IOException {
        Signature signature = signature(Shape.of(-1, -1, 2));
        failureOf(() -> Tasks.create(Manifests.text(other, Manifest.Text.DEFAULT), signature))
                .isEqualTo("missing-file: text.tokenizer: 'tokenizer.json' is not in the package");
        Manifest.Text outside = new Manifest.Text("../" + directory.getFileName() + "/tokenizer.json", 8, "mean", true);
        failureOf(() -> Tasks.create(Manifests.text(other, outside), signature)).contains("is not in the package");
        Files.writeString(other.resolve("tokenizer.json"), "{\"version\": \"1.0\"");
        failureOf(() -> Tasks.create(Manifests.text(other, Manifest.Text.DEFAULT), signature))
                .startsWith("corrupt-tokenizer: tokenizer.json: ");
    }

    @Test
    void create_otherModelOrPooling_isNamed() {
        Signature other = new Signature(
                List.of(new TensorSpec("features", DataType.FP32, Shape.of(-1, 30))),
                List.of(new TensorSpec("label", DataType.INT64, Shape.of(-1))),
                true);
        failureOf(() -> Tasks.create(Manifests.text(directory, Manifest.Text.DEFAULT), other))
                .startsWith("task-mismatch: task: text-embedding needs inputs input_ids")
                .contains("features FP32 [-1, 30]");
        Manifest.Text max = new Manifest.Text("tokenizer.json", 8, "max", true);
        failureOf(() -> Tasks.create(Manifests.text(directory, max), signature(Shape.of(-1, -1, 2))))
                .isEqualTo("invalid-manifest: text.pooling: 'max' (expected: mean or cls)");
    }

    @Test
    void create_hugeBatches_areRefused() {
        Manifest.Text huge = new Manifest.Text("tokenizer.json", 2_000_000, "mean", true);
        failureOf(() -> Tasks.create(Manifests.text(directory, huge), signature(Shape.of(-1, -1, 2))))
                .isEqualTo("invalid-manifest: text.tokensMax: 2000000 in batches of up to 4 texts are 8000000 tokens"
                        + " (expected: at most 4194304)");
    }

    private static Signature signature(Shape output) {
        return new Signature(
                List.of(
                        new TensorSpec("input_ids", DataType.INT64, Shape.of(-1, -1)),
                        new TensorSpec("attention_mask", DataType.INT64, Shape.of(-1, -1))),
                List.of(new TensorSpec("out", DataType.FP32, output)),
                true);
    }

    /// Four tokens (1, 10), (2, 20), (3, 30), (4, 40), then four of padding that must not count.
    private static Tensor states() {
        return Numbers.floats(
                "out", Shape.of(1, 8, 2), new float[] {1, 10, 2, 20, 3, 30, 4, 40, 99, 99, 99, 99, 99, 99, 99, 99});
    }

    private static float[] finish(Task task, Task.Prepared prepared, Tensor output) {
        return Numbers.floats(task.finish(prepared, List.of(output)).getFirst(), Shape.of(1, 2));
    }

    private static List<Tensor> texts(String... texts) {
        List<byte[]> elements = Arrays.stream(texts)
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
        return List.of(new Tensor.Bytes("text", Shape.of(texts.length), elements));
    }

    private static float[][] embed(String... texts) {
        Task.Prepared prepared = task.prepare(texts(texts));
        float[] all = Numbers.floats(
                task.finish(prepared, model.run(prepared.inputs())).getFirst(), Shape.of(texts.length, 384));
        float[][] rows = new float[texts.length][];
        for (int i = 0; i < texts.length; i++) {
            rows[i] = Arrays.copyOfRange(all, i * 384, (i + 1) * 384);
        }
        return rows;
    }

    private static long[] longs(Task.Prepared prepared, String name, int row) {
        for (Tensor tensor : prepared.inputs()) {
            if (tensor.name().equals(name)) {
                int tokens = (int) tensor.shape().dim(1);
                long[] values = new long[tokens];
                ((Tensor.Fixed) tensor).data().asLongBuffer().get(row * tokens, values);
                return values;
            }
        }
        throw new AssertionError(name);
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
