package io.presage.contract.infer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Bodies as OpenAI's API reference has them: https://platform.openai.com/docs/api-reference/embeddings
class EmbeddingsTest {
    private static EmbeddingsRequest read(String json) {
        byte[] body = (".." + json).getBytes(UTF_8);
        return EmbeddingsReader.read(CodecLimits.DEFAULT, body, 2, body.length - 2);
    }

    private static List<String> texts(String json) {
        return ((EmbeddingsRequest.Texts) read(json).input())
                .texts().stream().map(text -> new String(text, UTF_8)).toList();
    }

    private static List<int[]> tokens(String json) {
        return ((EmbeddingsRequest.Tokens) read(json).input()).texts();
    }

    private static void assertRefused(String json, Problem problem, String part) {
        var refusal = catchThrowableOfType(ProblemException.class, () -> read(json));
        assertThat(refusal).as(json).isNotNull();
        assertThat(refusal.problem()).as(refusal.detail()).isEqualTo(problem);
        assertThat(refusal.detail()).contains(part);
    }

    @Test
    void example_ofTheReference() {
        var json = "{\n  \"input\": \"The food was delicious and the waiter...\",\n"
                + "  \"model\": \"text-embedding-ada-002\",\n  \"encoding_format\": \"float\"\n}";
        assertThat(texts(json)).containsExactly("The food was delicious and the waiter...");
        assertThat(read(json).base64()).isFalse();
        assertThat(read(json).dimensions()).isZero();
    }

    @Test
    void input_hasFourForms() {
        assertThat(texts("{\"input\":[\"a\",\"gr\\u00fcn\",\"\"]}")).containsExactly("a", "grün", "");
        assertThat(tokens("{\"input\":[101,7592,102]}")).containsExactly(new int[] {101, 7592, 102});
        assertThat(tokens("{\"input\":[[1],[2,3]]}")).containsExactly(new int[] {1}, new int[] {2, 3});
        assertThat(tokens("{\"input\":[" + "7,".repeat(299) + "7]}").getFirst()).hasSize(300);
    }

    @Test
    void optionalMembers_mayBeNullOrUnknown() {
        var request = read("{\"model\":\"m\",\"user\":{\"a\":[1]},\"encoding_format\":null,\"dimensions\":null,"
                + "\"input\":\"x\",\"extra\":[[]]}");
        assertThat(request.base64()).isFalse();
        assertThat(request.dimensions()).isZero();
        assertThat(read("{\"input\":\"x\",\"encoding_format\":\"base64\",\"dimensions\":384}"))
                .matches(EmbeddingsRequest::base64)
                .matches(other -> other.dimensions() == 384);
    }

    @Test
    void badBodies_areNamed() {
        assertRefused("{}", Problem.INVALID_REQUEST, "input: none");
        assertRefused("", Problem.INVALID_REQUEST, "found the end");
        assertRefused("{\"input\":[]}", Problem.INVALID_REQUEST, "input: empty");
        assertRefused("{\"input\":[[]]}", Problem.INVALID_REQUEST, "input[0]: no tokens");
        assertRefused("{\"input\":null}", Problem.INVALID_REQUEST, "input as a text");
        assertRefused("{\"input\":{}}", Problem.INVALID_REQUEST, "input as a text");
        assertRefused("{\"input\":[\"a\",1]}", Problem.INVALID_REQUEST, "input[1] as a string");
        assertRefused("{\"input\":[1,\"a\"]}", Problem.INVALID_TENSOR, "expected: an integer");
        assertRefused("{\"input\":[1.5]}", Problem.INVALID_TENSOR, "expected: an integer");
        assertRefused("{\"input\":[99999999999]}", Problem.INVALID_TENSOR, "expected: an integer");
        assertRefused("{\"input\":\"a\",\"input\":\"b\"}", Problem.INVALID_REQUEST, "input twice");
        assertRefused("{\"model\":\"a\",\"model\":\"b\",\"input\":\"b\"}", Problem.INVALID_REQUEST, "model twice");
        assertRefused("{\"input\":\"a\",\"encoding_format\":\"hex\"}", Problem.INVALID_REQUEST, "float or base64");
        assertRefused("{\"input\":\"a\",\"dimensions\":0}", Problem.INVALID_REQUEST, "dimensions: 0");
        assertRefused("{\"input\":\"a\"} x", Problem.INVALID_REQUEST, "the end");
        assertRefused("{\"input\":[" + "\"a\",".repeat(2048) + "\"a\"]}", Problem.INVALID_REQUEST, "more than 2048");
    }

    @Test
    void input_largerThanTheBound_isRefused() {
        byte[] body = ("{\"input\":[\"" + "a".repeat(300) + "\",\"" + "b".repeat(300) + "\"]}").getBytes(UTF_8);
        var refusal = catchThrowableOfType(
                ProblemException.class,
                () -> EmbeddingsReader.read(new CodecLimits(512, 8, 8, 64), body, 0, body.length));
        assertThat(refusal.problem()).isEqualTo(Problem.BODY_TOO_LARGE);
    }

    private static String written(boolean base64, float... values) {
        var data = TensorAllocator.HEAP.allocate(values.length * 4);
        for (int i = 0; i < values.length; i++) {
            data.putFloat(i * 4, values[i]);
        }
        var writer = new InferResponseWriter();
        EmbeddingsWriter.write(
                writer,
                "mini\"lm",
                new Tensor.Fixed("embedding", DataType.FP32, Shape.of(values.length / 2, 2), data),
                base64,
                7);
        assertThat(writer.jsonLength()).isEqualTo(-1);
        return new String(writer.bytes(), 0, writer.length(), UTF_8);
    }

    @Test
    void answer_isTheReferencesList() {
        assertThat(written(false, 1.5f, -2e-9f, Float.NaN, 0.25f))
                .isEqualTo("{\"object\":\"list\",\"data\":["
                        + "{\"object\":\"embedding\",\"index\":0,\"embedding\":[1.5,-2.0E-9]},"
                        + "{\"object\":\"embedding\",\"index\":1,\"embedding\":[null,0.25]}],"
                        + "\"model\":\"mini\\\"lm\",\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}");
    }

    @Test
    void answer_asBase64_isLittleEndianFloats() {
        // 00 00 80 3f, 00 00 00 c0
        assertThat(written(true, 1f, -2f)).contains("\"embedding\":\"AACAPwAAAMA=\"}");
    }
}
