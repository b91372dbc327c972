package io.presage.contract.infer;

import java.util.List;

/// A call to `/openai/v1/embeddings`.
///
/// @param base64 the vectors are to travel as base64 of little-endian FP32 instead of as numbers
/// @param dimensions asked for; 0 when the request does not say
public record EmbeddingsRequest(Input input, boolean base64, int dimensions) {
    /// What is to be embedded: one row each, at least one.
    public sealed interface Input {
        int rows();
    }

    /// In UTF-8.
    public record Texts(List<byte[]> texts) implements Input {
        @Override
        public int rows() {
            return texts.size();
        }
    }

    /// Texts that the caller made into tokens.
    public record Tokens(List<int[]> texts) implements Input {
        @Override
        public int rows() {
            return texts.size();
        }
    }
}
