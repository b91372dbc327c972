package io.presage.e2e.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.e2e.cluster.Example;
import java.io.IOException;
import java.util.List;

/// What embeddings are compared by. The demo model is an int8 one: what else is in its batch moves a vector a
/// little, other texts are far away. Pure.
final class Embeddings {
    private static final int WIDTH = 384;

    private Embeddings() {}

    /// The embedding of the text `row` of the sample, but for that little.
    static void assertIsTheSample(List<Float> embedding, int row) throws IOException {
        var data = Example.read("minilm").answer().path("outputs").path(0).path("data");
        assertThat(embedding).hasSize(WIDTH);
        double product = 0;
        double real = 0;
        double wanted = 0;
        for (int i = 0; i < WIDTH; i++) {
            double number = embedding.get(i);
            double expected = data.path(WIDTH * row + i).asDouble();
            product += number * expected;
            real += number * number;
            wanted += expected * expected;
        }
        assertThat(product / Math.sqrt(real * wanted)).as("cosine").isGreaterThan(0.9);
    }
}
