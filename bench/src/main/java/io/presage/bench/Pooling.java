package io.presage.bench;

import java.nio.FloatBuffer;

/// One vector for a text from the states of its tokens, as the text-embedding task makes it.
final class Pooling {
    static final int DIMENSIONS = 384;

    /// Mean over a text's own tokens, of length 1, into `target`.
    static void mean(FloatBuffer states, int firstToken, int tokens, float[] target) {
        java.util.Arrays.fill(target, 0);
        for (int token = firstToken; token < firstToken + tokens; token++) {
            int from = token * DIMENSIONS;
            for (int i = 0; i < DIMENSIONS; i++) {
                target[i] += states.get(from + i);
            }
        }
        double squares = 0;
        for (float sum : target) {
            squares += (double) sum * sum;
        }
        float scale = (float) (1 / Math.sqrt(squares));
        for (int i = 0; i < DIMENSIONS; i++) {
            target[i] *= scale;
        }
    }

    private Pooling() {}
}
