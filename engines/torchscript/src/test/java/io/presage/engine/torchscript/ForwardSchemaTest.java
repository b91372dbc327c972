package io.presage.engine.torchscript;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ForwardSchemaTest {
    private static ForwardSchema schema(String declaration) {
        return ForwardSchema.parse("forward() is missing value for argument 'a'. Declaration: forward(" + declaration)
                .orElseThrow();
    }

    @Test
    void arguments_areSplitOutsideOfBrackets() {
        var schema = schema("__torch__.Net self, Dict(str, Tensor) d, Tensor[] l, (Tensor, Tensor) t, Tensor x)"
                + " -> ((Tensor, Tensor))");
        assertThat(schema.arguments())
                .containsExactly("Dict(str, Tensor) d", "Tensor[] l", "(Tensor, Tensor) t", "Tensor x");
        assertThat(schema.text())
                .isEqualTo(
                        "forward(Dict(str, Tensor) d, Tensor[] l, (Tensor, Tensor) t, Tensor x) -> ((Tensor, Tensor))");
    }

    @Test
    void accepts_asManyTensorsAsAreNeeded() {
        var schema = schema("__torch__.Net self, Tensor a, Tensor? b=None, int n=1) -> Tensor");
        assertThat(schema.accepts(0)).isFalse();
        assertThat(schema.accepts(1)).isTrue();
        assertThat(schema.accepts(2)).isTrue();
        assertThat(schema.accepts(3)).isFalse();
        assertThat(schema.accepts(4)).isFalse();
        assertThat(schema("__torch__.Net self, Tensor[] all) -> Tensor").accepts(1))
                .isFalse();
    }

    @Test
    void otherMessages_tellNothing() {
        assertThat(ForwardSchema.parse("RuntimeError: out of cheese")).isEmpty();
    }
}
