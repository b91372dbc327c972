package io.presage.worker.tasks;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.LoadException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// `text-embedding`: `text` BYTES `[-1]`, UTF-8, to `embedding` FP32 `[-1, D]`. For models of the BERT kind:
/// `input_ids`, `attention_mask` and maybe `token_type_ids` INT64 `[-1, -1]` to hidden states FP32 `[-1, -1,
/// D]`, pooled here, or to ready embeddings FP32 `[-1, D]`.
///
/// A call's texts are padded to its longest, and no further: calls of about the same length share a batch, which
/// pads them where that pays.
final class TextEmbeddingTask implements EmbeddingTask {
    static final String NAME = "text-embedding";

    /// Longer texts are refused, not cut: the tokenizer reads all of a text before it cuts it to `tokensMax`.
    static final int TEXT_BYTES_MAX = 256 << 10;

    /// Of the largest batch: three tensors of 32 MiB.
    static final int BATCH_TOKENS_MAX = 4 << 20;

    private static final String IDS = "input_ids";
    private static final String MASK = "attention_mask";
    private static final String TYPES = "token_type_ids";

    private final Manifest.Text settings;
    private final int rowsMax;
    private final Signature model;
    private final int output;
    private final boolean isPooled;
    private final Signature signature;
    private final Tokens tokens;

    /// @param vocabulary tokens are below it
    private record Tokens(HuggingFaceTokenizer tokenizer, int vocabulary) {}

    private TextEmbeddingTask(Manifest manifest, Signature model, int output, Tokens tokens) {
        this.settings = manifest.text();
        this.rowsMax = manifest.batching().rowsMax();
        this.model = model;
        this.output = output;
        this.tokens = tokens;
        TensorSpec embedding = model.outputs().get(output);
        isPooled = embedding.shape().size() == 2;
        signature = new Signature(
                List.of(new TensorSpec("text", DataType.BYTES, Shape.of(-1))),
                List.of(new TensorSpec(
                        "embedding",
                        DataType.FP32,
                        Shape.of(-1, embedding.shape().getLast()))),
                model.batchable());
    }

    static Task create(ModelPackage modelPackage, Signature model) throws LoadException {
        Manifest.Text settings = modelPackage.manifest().text();
        if (!settings.pooling().equals("mean") && !settings.pooling().equals("cls")) {
            throw Misfit.manifest(
                    "text.pooling: '" + settings.pooling() + "' (expected: mean or cls)", "Correct it in model.yaml.");
        }
        int rowsMax = modelPackage.manifest().batching().rowsMax();
        long tokens = (long) settings.tokensMax() * rowsMax;
        if (tokens > BATCH_TOKENS_MAX) {
            throw Misfit.manifest(
                    "text.tokensMax: %d in batches of up to %d texts are %d tokens (expected: at most %d)"
                            .formatted(settings.tokensMax(), rowsMax, tokens, BATCH_TOKENS_MAX),
                    "Lower text.tokensMax or batching.rowsMax in model.yaml.");
        }
        boolean hasInputs =
                model.inputs().stream().anyMatch(input -> input.name().equals(IDS))
                        && model.inputs().stream()
                                .allMatch(input -> List.of(IDS, MASK, TYPES).contains(input.name())
                                        && Misfit.is(input, DataType.INT64, 2));
        int output = output(model);
        if (!hasInputs || output < 0) {
            throw Misfit.tensors(
                    NAME,
                    model,
                    "inputs input_ids, attention_mask and maybe token_type_ids INT64 [-1, -1], and an output FP32"
                            + " [-1, -1, D] or [-1, D] with a fixed D");
        }
        return new TextEmbeddingTask(modelPackage.manifest(), model, output, tokens(modelPackage));
    }

    /// Hidden states before ready embeddings: the pooling is then the manifest's.
    private static int output(Signature model) {
        for (int rank = 3; rank >= 2; rank--) {
            for (int i = 0; i < model.outputs().size(); i++) {
                TensorSpec spec = model.outputs().get(i);
                if (Misfit.is(spec, DataType.FP32, rank) && spec.shape().getLast() > 0) {
                    return i;
                }
            }
        }
        return -1;
    }

    private static Tokens tokens(ModelPackage modelPackage) throws LoadException {
        Manifest.Text settings = modelPackage.manifest().text();
        Path file = modelPackage.directory().resolve(settings.tokenizer()).normalize();
        if (!file.startsWith(modelPackage.directory().normalize()) || !Files.isRegularFile(file)) {
            throw new LoadException(new Failure(
                    "load",
                    "missing-file",
                    "text.tokenizer: '" + settings.tokenizer() + "' is not in the package",
                    "Put the model's tokenizer.json (Hugging Face `tokenizers` format) into the package, or name it in"
                            + " model.yaml under text.tokenizer."));
        }
        int vocabulary;
        try {
            vocabulary = TokenizerCheck.check(file);
        } catch (TokenizerCheck.UnsafeTokenizerException | IOException e) {
            throw Misfit.tokenizer(settings.tokenizer() + ": " + e.getMessage(), e);
        }
        // Nothing is fetched at run time: on a machine with CUDA the library would look for another build of itself.
        System.setProperty("ai.djl.offline", "true");
        try {
            var tokenizer = HuggingFaceTokenizer.builder()
                    .optTokenizerPath(file)
                    .optPadding(false)
                    .optTruncation(true)
                    .optMaxLength(settings.tokensMax())
                    .build();
            return new Tokens(tokenizer, vocabulary);
        } catch (IOException | RuntimeException e) {
            throw Misfit.tokenizer(settings.tokenizer() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public boolean isLight() {
        return false;
    }

    /// What pooling needs again.
    private record Mask(int rows, int tokens, int[] used) {}

    @Override
    public Prepared prepare(List<Tensor> inputs) {
        List<byte[]> texts = Payload.elements(inputs.getFirst(), rowsMax);
        List<long[]> ids = new ArrayList<>(texts.size());
        for (int row = 0; row < texts.size(); row++) {
            Encoding encoding =
                    tokens.tokenizer.encode(text(Payload.rowName("text", row), texts.get(row)), true, false);
            ids.add(encoding.getIds());
        }
        return padded(ids);
    }

    @Override
    public int rowsMax() {
        return rowsMax;
    }

    @Override
    public int dimensions() {
        return Math.toIntExact(signature.outputs().getFirst().shape().getLast());
    }

    @Override
    public Prepared prepareTokens(List<int[]> texts) {
        if (texts.isEmpty() || texts.size() > rowsMax) {
            throw invalid("tokens", texts.size() + " rows (expected: 1.." + rowsMax + ")");
        }
        List<long[]> ids = new ArrayList<>(texts.size());
        for (int row = 0; row < texts.size(); row++) {
            ids.add(checked(Payload.rowName("tokens", row), texts.get(row)));
        }
        return padded(ids);
    }

    private long[] checked(String name, int[] text) {
        if (text.length < 1 || text.length > settings.tokensMax()) {
            throw invalid(name, text.length + " tokens (expected: 1.." + settings.tokensMax() + ")");
        }
        long[] ids = new long[text.length];
        for (int i = 0; i < ids.length; i++) {
            if (text[i] < 0 || text[i] >= tokens.vocabulary) {
                throw invalid(
                        name + "[" + i + "]",
                        text[i] + " (expected: a token of the model's own tokenizer, 0.." + (tokens.vocabulary - 1)
                                + ")");
            }
            ids[i] = text[i];
        }
        return ids;
    }

    private Prepared padded(List<long[]> ids) {
        int rows = ids.size();
        int longest = 1;
        for (long[] row : ids) {
            longest = Math.max(longest, row.length);
        }
        int tokens = longest;
        long tokensUsed = 0;
        int[] used = new int[rows];
        long[] allIds = new long[rows * tokens];
        long[] mask = new long[rows * tokens];
        for (int row = 0; row < rows; row++) {
            used[row] = ids.get(row).length;
            tokensUsed += used[row];
            System.arraycopy(ids.get(row), 0, allIds, row * tokens, used[row]);
            Arrays.fill(mask, row * tokens, row * tokens + used[row], 1);
        }
        Shape shape = Shape.of(rows, tokens);
        List<Tensor> tensors = new ArrayList<>();
        for (TensorSpec input : model.inputs()) {
            tensors.add(Numbers.longs(
                    input.name(),
                    shape,
                    switch (input.name()) {
                        case IDS -> allIds;
                        case MASK -> mask;
                        default -> new long[rows * tokens];
                    }));
        }
        return new Prepared(tensors, rows, 0, tokens, tokensUsed, new Mask(rows, tokens, used));
    }

    private static String text(String name, byte[] utf8) {
        if (utf8.length > TEXT_BYTES_MAX) {
            throw invalid(name, utf8.length + " bytes (expected: at most " + TEXT_BYTES_MAX + ")");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            throw invalid(name, utf8.length + " bytes that are not UTF-8 (expected: text in UTF-8)");
        }
        if (text.isBlank()) {
            throw invalid(name, "blank, %d characters (expected: some text)".formatted(text.length()));
        }
        return text;
    }

    @Override
    public List<Tensor> finish(Prepared prepared, List<Tensor> outputs) {
        Mask mask = (Mask) prepared.context();
        int size = dimensions();
        Tensor answer = outputs.get(output);
        float[] states = Numbers.floats(answer, isPooled ? Shape.of(mask.rows, size) : Shape.of(mask.rows, -1, size));
        int tokens = isPooled ? 1 : Math.toIntExact(answer.shape().dim(1));
        if (!isPooled && tokens < mask.tokens) {
            throw new ProblemException(
                    Problem.ENGINE_FAILED,
                    "output %s: %s (expected: at least %d tokens)"
                            .formatted(answer.name(), answer.shape(), mask.tokens));
        }
        float[] embeddings = new float[mask.rows * size];
        for (int row = 0; row < mask.rows; row++) {
            if (isPooled) {
                System.arraycopy(states, row * size, embeddings, row * size, size);
            } else {
                int used = settings.pooling().equals("cls") ? 1 : mask.used[row];
                mean(states, row * tokens * size, used, embeddings, row * size, size);
            }
            if (settings.normalize()) {
                normalise(embeddings, row * size, size);
            }
        }
        return List.of(Numbers.floats("embedding", Shape.of(mask.rows, size), embeddings));
    }

    private static void mean(float[] states, int from, int tokens, float[] result, int at, int size) {
        for (int token = 0; token < tokens; token++) {
            for (int i = 0; i < size; i++) {
                result[at + i] += states[from + token * size + i];
            }
        }
        for (int i = 0; i < size; i++) {
            result[at + i] /= tokens;
        }
    }

    /// A vector of zeros stays one.
    private static void normalise(float[] values, int from, int size) {
        double squares = 0;
        for (int i = from; i < from + size; i++) {
            squares += (double) values[i] * values[i];
        }
        double length = Math.max(Math.sqrt(squares), 1e-12);
        for (int i = from; i < from + size; i++) {
            values[i] = (float) (values[i] / length);
        }
    }

    private static ProblemException invalid(String name, String what) {
        return new ProblemException(Problem.INVALID_INPUT, name + ": " + what);
    }

    @Override
    public void close() {
        tokens.tokenizer.close();
    }
}
