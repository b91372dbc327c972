package io.presage.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.contract.http.Headers;
import io.presage.contract.state.SlotState;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// OpenAI's and TensorFlow Serving's forms of predict calls, by the wire text of their documents, against the
/// real MiniLM and small models.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OtherFormsTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String EMBEDDINGS = "/v2/models/minilm/versions/1/embeddings";
    private static final String PREDICT = "/v2/models/twice/versions/1/predict";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private RegistryDouble registry;
    private ConfigurableApplicationContext worker;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new RegistryDouble();
        worker = WorkerTest.start(registry, data);
        registry.assign(
                registry.assignment("twice", 1, OnnxModelBuilder.twice(3)),
                registry.assignment(
                        "minilm",
                        1,
                        WorkerTest.zip(Map.of(
                                "model.onnx", resource("all-minilm-l6-v2-q.onnx"),
                                "tokenizer.json", resource("all-minilm-l6-v2-q-tokenizer.json"),
                                "model.yaml",
                                        ("task: text-embedding\ntext: {tokensMax: 256, pooling: mean, normalize: true}\n"
                                                        + "batching: {rowsMax: 4, queueRowsMax: 64}\n")
                                                .getBytes(StandardCharsets.UTF_8)))));
        registry.awaitState("twice", 1, SlotState.READY);
        registry.awaitState("minilm", 1, SlotState.READY);
    }

    @AfterAll
    void stop() {
        worker.close();
        registry.close();
    }

    private static byte[] resource(String name) throws Exception {
        try (InputStream in = OtherFormsTest.class.getResourceAsStream("/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + WorkerApplication.port(worker) + path))
                .header(Headers.SERVICE_SECRET, RegistryDouble.SECRET)
                .POST(BodyPublishers.ofString(body));
        return client.send((headers.length == 0 ? request : request.headers(headers)).build(), BodyHandlers.ofString());
    }

    private JsonNode embed(String body) throws Exception {
        var answer = post(EMBEDDINGS, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private static float[] vector(JsonNode answer, int row) {
        var numbers = answer.get("data").get(row).get("embedding");
        var vector = new float[numbers.size()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = numbers.get(i).floatValue();
        }
        return vector;
    }

    @Test
    void embeddings_text_isAListOfOneWithUsage() throws Exception {
        var answer = post(EMBEDDINGS, "{\"model\":\"minilm\",\"input\":\"Hello world\"}", "X-Request-Id", "abc");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.headers().firstValue(Headers.MODEL_VERSION)).contains("1");
        assertThat(answer.headers().firstValue(Headers.ROWS)).contains("1");
        assertThat(answer.headers().firstValue(Headers.TOKENS)).contains("4");
        var body = JSON.readTree(answer.body());
        assertThat(body.get("object").asString()).isEqualTo("list");
        assertThat(body.get("model").asString()).isEqualTo("minilm");
        assertThat(body.get("usage").toString()).isEqualTo("{\"prompt_tokens\":4,\"total_tokens\":4}");
        assertThat(body.get("data")).hasSize(1);
        assertThat(body.get("data").get(0).get("object").asString()).isEqualTo("embedding");
        assertThat(vector(body, 0)).hasSize(384);
    }

    @Test
    void embeddings_everyFormOfInput_givesTheSameVectors() throws Exception {
        var text = embed("{\"input\":\"Hello world\"}");
        var tokens = embed("{\"input\":[101,7592,2088,102]}");
        var arrays = embed("{\"input\":[[101,7592,2088,102],[101,7592,102]],\"dimensions\":384}");
        var base64 = embed("{\"input\":[\"Hello world\"],\"encoding_format\":\"base64\"}");

        assertThat(vector(tokens, 0)).containsExactly(vector(text, 0));
        // Quantised activations depend a little on batch mates.
        assertThat(vector(arrays, 0)).usingComparatorWithPrecision(0.05f).containsExactly(vector(text, 0));
        assertThat(arrays.get("data").get(1).get("index").asInt()).isEqualTo(1);
        assertThat(arrays.get("usage").get("total_tokens").asInt()).isEqualTo(7);
        var floats = ByteBuffer.wrap(Base64.getDecoder()
                        .decode(base64.get("data").get(0).get("embedding").asString()))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        var decoded = new float[384];
        floats.get(decoded);
        assertThat(floats.hasRemaining()).isFalse();
        assertThat(decoded).containsExactly(vector(text, 0));
    }

    @Test
    void embeddings_moreTextsThanABatchHolds_areRunInParts() throws Exception {
        var texts = IntStream.range(0, 10)
                .mapToObj(i -> "\"text number " + i + "\"")
                .collect(Collectors.joining(","));
        var answer = post(EMBEDDINGS, "{\"input\":[" + texts + "]}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue(Headers.ROWS)).contains("10");
        assertThat(answer.headers().firstValue(Headers.TOKENS)).contains("50");
        var body = JSON.readTree(answer.body());
        assertThat(body.get("data")).hasSize(10);
        assertThat(body.get("usage").get("prompt_tokens").asInt()).isEqualTo(50);
        for (int i = 0; i < 10; i += 3) {
            assertThat(vector(body, i))
                    .usingComparatorWithPrecision(0.05f)
                    .containsExactly(vector(embed("{\"input\":\"text number " + i + "\"}"), 0));
        }
        var tokens = embed("{\"input\":[" + "[101,7592,102],".repeat(8) + "[101,2088,102]]}");
        assertThat(tokens.get("data")).hasSize(9);
        assertThat(vector(tokens, 8)[0]).isNotCloseTo(vector(tokens, 7)[0], within(1e-4f));

        var bad = post(EMBEDDINGS, "{\"input\":[" + "\"a\",".repeat(6) + "\" \"]}");
        assertThat(bad.statusCode()).isEqualTo(400);
        assertThat(bad.body()).contains("input[4...]: text[2]: blank");
    }

    @Test
    void embeddings_mistakes_areOpenAiErrors() throws Exception {
        assertRefused("{\"input\":\"a\",\"dimensions\":256}", "dimensions: 256 (expected: 384 or none");
        assertRefused("{\"input\":[30522]}", "expected: a token of the model's own tokenizer, 0..30521");
        assertRefused("{\"input\":[-1]}", "tokens[0][0]: -1");
        assertRefused("{\"input\":[" + "1,".repeat(256) + "1]}", "257 tokens (expected: 1..256)");
        assertRefused("{\"input\":\"  \"}", "text[0]: blank");
        assertRefused("{\"input\":\"\"}", "text[0]: blank");
        assertRefused("{", "JSON at byte 1");
        var noEmbedder = post("/v2/models/twice/versions/1/embeddings", "{\"input\":\"a\"}");
        assertThat(noEmbedder.statusCode()).isEqualTo(400);
        assertThat(noEmbedder.body()).contains("does not embed texts");
        var unknown = post("/v2/models/nobody/versions/1/embeddings", "{\"input\":\"a\"}");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(JSON.readTree(unknown.body()).get("error").get("code").asString())
                .isEqualTo("model_not_found");
        assertThat(post(EMBEDDINGS, "{\"input\":\"a\"}", "Content-Type", "text/plain")
                        .statusCode())
                .isEqualTo(415);
    }

    private void assertRefused(String body, String part) throws Exception {
        var answer = post(EMBEDDINGS, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        var error = JSON.readTree(answer.body()).get("error");
        assertThat(error.get("message").asString()).contains(part);
        assertThat(error.get("type").asString()).isEqualTo("invalid_request_error");
    }

    @Test
    void predict_rowsAndColumns() throws Exception {
        assertThat(post(PREDICT, "{\"instances\":[[1,2,3],[4,5,6]]}").body())
                .isEqualTo("{\"predictions\":[[2.0,4.0,6.0],[8.0,10.0,12.0]]}");
        assertThat(post(PREDICT, "{\"instances\":[{\"x\":[1,2,3]}]}").body())
                .isEqualTo("{\"predictions\":[[2.0,4.0,6.0]]}");
        assertThat(post(PREDICT, "{\"inputs\":{\"x\":[[1,2,3]]}}").body()).isEqualTo("{\"outputs\":[[2.0,4.0,6.0]]}");
        assertThat(post("/v2/models/twice/predict", "{\"inputs\":[[1,2,3]]}").body())
                .isEqualTo("{\"outputs\":[[2.0,4.0,6.0]]}");
    }

    @Test
    void predict_asCurlSendsIt_isRead() throws Exception {
        var answer = post(
                PREDICT, "{\"instances\": [[1.0, 2.0, 5.0]]}", "Content-Type", "application/x-www-form-urlencoded");
        assertThat(answer.body()).isEqualTo("{\"predictions\":[[2.0,4.0,10.0]]}");
        assertThat(answer.headers().firstValue(Headers.ROWS)).contains("1");
    }

    @Test
    void predict_throughTheQueue_isTheSame() throws Exception {
        var rows = IntStream.range(0, 200).mapToObj(i -> "[" + i + ",0,0]").collect(Collectors.joining(","));
        var answer = post(PREDICT, "{\"instances\":[" + rows + "]}");
        assertThat(answer.body())
                .startsWith("{\"predictions\":[[0.0,0.0,0.0],[2.0,")
                .endsWith(",[398.0,0.0,0.0]]}");
    }

    @Test
    void predict_ofTexts_isAVectorEach() throws Exception {
        var answer = post("/v2/models/minilm/versions/1/predict", "{\"instances\":[\"Hello world\"]}");
        assertThat(JSON.readTree(answer.body()).get("predictions").get(0)).hasSize(384);
    }

    @Test
    void predict_mistakes_haveTensorFlowServingsError() throws Exception {
        for (var body : List.of(
                "{}", "{\"instances\":[[1,2]]}", "{\"instances\":[[1,2,\"3\"]]}", "{\"instances\":[]}", "", "[")) {
            var answer = post(PREDICT, body);
            assertThat(answer.statusCode()).as(body).isEqualTo(400);
            assertThat(JSON.readTree(answer.body()).get("error").isString()).isTrue();
        }
        assertThat(post("/v2/models/twice/versions/9/predict", "{}").statusCode())
                .isEqualTo(404);
    }
}
