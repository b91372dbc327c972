package io.presage.contract.infer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.problem.ProblemException;
import org.junit.jupiter.api.Test;

class TopMemberTest {
    private static String model(String json) {
        byte[] body = json.getBytes(UTF_8);
        return TopMember.text(body, body.length, false, "model");
    }

    @Test
    void text_isFoundWhereverItStands() {
        assertThat(model("{\"model\":\"a\"}")).isEqualTo("a");
        assertThat(model("{ \"input\" : [\"model\", {\"model\":\"b\"}], \"mo\\u0064el\" : \"a\" }"))
                .isEqualTo("a");
    }

    @Test
    void text_whatStandsAfterIt_isNotLookedAt() {
        assertThat(model("{\"model\":\"a\",")).isEqualTo("a");
    }

    @Test
    void text_missing_isNamed() {
        for (var json : new String[] {"{}", "{\"input\":\"x\"}"}) {
            assertThatThrownBy(() -> model(json))
                    .isInstanceOf(ProblemException.class)
                    .hasMessage("model: none (expected: a text)");
        }
        assertThatThrownBy(() -> model("{\"model\":7}"))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("model as a string");
        assertThatThrownBy(() -> model("[" + "[".repeat(10_000)))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("expected: '{'");
        assertThatThrownBy(() -> model("{\"a\":" + "[".repeat(10_000)))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("nested deeper");
    }

    @Test
    void text_behindTheCut_isToBePutFirst() {
        byte[] body = "{\"input\":\"long text\",\"model\":\"a\"}".getBytes(UTF_8);
        for (int length = 0; length < body.length - 3; length++) {
            int cut = length;
            assertThatThrownBy(() -> TopMember.text(body, cut, true, "model"))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("expected: put it first");
        }
    }
}
