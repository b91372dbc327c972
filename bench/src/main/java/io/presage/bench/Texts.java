package io.presage.bench;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.presage.contract.infer.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Texts of known length in tokens: words that the tokenizer keeps whole, between its two marks.
final class Texts {
    private static final int MARKS = 2;
    private static final long SEED = 20261122;
    private static final List<String> WORDS = List.of(
            "the", "cat", "sat", "on", "warm", "mat", "and", "looked", "out", "of", "window", "today", "river", "house",
            "music", "garden", "people", "water", "stone", "light", "travel", "market", "winter", "story");

    private Texts() {}

    /// Settings under which a text is cut at 256 tokens, as the model was trained, and not padded.
    static HuggingFaceTokenizer tokenizer(Path packageDirectory) throws IOException {
        return HuggingFaceTokenizer.newInstance(
                packageDirectory.resolve("tokenizer.json"),
                Map.of("padding", "false", "truncation", "true", "maxLength", "256"));
    }

    static String ofTokens(int tokens, RandomGenerator random) {
        var text = new StringBuilder();
        for (int i = MARKS; i < tokens; i++) {
            text.append(i == MARKS ? "" : " ").append(WORDS.get(random.nextInt(WORDS.size())));
        }
        return text.toString();
    }

    static String ofTokens(int tokens) {
        return ofTokens(tokens, random());
    }

    /// Lengths from 4 to 256 tokens whose logarithms are spread evenly: mostly queries and sentences, some
    /// pages. Always the same texts in the same order.
    static List<String> mixed(int count) {
        var random = random();
        var texts = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            texts.add(ofTokens((int) Math.round(4 * Math.pow(64, random.nextDouble())), random));
        }
        return texts;
    }

    private static RandomGenerator random() {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
    }

    /// Inputs of the embedding model for one text of exactly `tokens` tokens.
    static List<Tensor> tensors(Path packageDirectory, int tokens) throws IOException {
        try (var tokenizer = tokenizer(packageDirectory)) {
            Encoding encoding = tokenizer.encode(ofTokens(tokens));
            if (encoding.getIds().length != tokens) {
                throw new IllegalStateException(
                        encoding.getIds().length + " tokens (expected: " + tokens + "). This is a bug.");
            }
            return List.of(
                    Call.longs("input_ids", encoding.getIds(), 1, tokens),
                    Call.longs("attention_mask", encoding.getAttentionMask(), 1, tokens),
                    Call.longs("token_type_ids", encoding.getTypeIds(), 1, tokens));
        }
    }
}
