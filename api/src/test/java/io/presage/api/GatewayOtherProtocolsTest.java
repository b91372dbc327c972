package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Limit;
import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingTable;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// OpenAI's and TensorFlow Serving's paths: where they lead, and how their refusals are written.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewayOtherProtocolsTest {
    private static final String SCOPED = "presage_ssssssssssss_x";
    private static final String PUBLISHER = "presage_pppppppppppp_x";
    private static final String LIMITED = "presage_llllllllllll_x";

    private FakeRegistry registry;
    private Gateway gateway;
    private FakeWorker worker;
    private long revision = 1;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new FakeRegistry();
        registry.publish(new RoutingTable(revision, List.of(), List.of(), List.of()));
        gateway = new Gateway(
                registry.port(), data, "gateway.http.body-bytes-max=4MB", "gateway.http.body-bytes-in-flight-max=8MB");
    }

    @BeforeEach
    void publish() throws Exception {
        worker = new FakeWorker("w1");
        revision++;
        registry.publish(Gateway.table(
                revision,
                List.of(
                        new RoutingTable.Model(
                                "minilm",
                                List.of(new RoutingTable.Target(3, 10_000)),
                                List.of(
                                        new RoutingTable.Version(2, List.of()),
                                        new RoutingTable.Version(3, List.of("w1"))),
                                Map.of("champion", 3, "stable", 3)),
                        new RoutingTable.Model("other", List.of(), List.of(), Map.of())),
                List.of(
                        Gateway.key(Gateway.KEY, "aaaaaaaaaaaa", Set.of(Role.PREDICT), Set.of(), null),
                        Gateway.key(SCOPED, "ssssssssssss", Set.of(Role.PREDICT), Set.of("other"), null),
                        Gateway.key(LIMITED, "llllllllllll", Set.of(Role.PREDICT), Set.of(), new Limit(1, 3_600_000)),
                        Gateway.key(PUBLISHER, "pppppppppppp", Set.of(Role.PUBLISH), Set.of(), null)),
                worker));
        gateway.awaitRevision(revision);
    }

    @AfterEach
    void stopWorker() {
        worker.close();
    }

    @AfterAll
    void stop() {
        gateway.close();
        registry.close();
    }

    private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        var request = gateway.request(path).POST(BodyPublishers.ofString(body));
        return gateway.send(headers.length == 0 ? request : request.headers(headers));
    }

    private HttpResponse<String> embed(String body, String... headers) throws Exception {
        return post("/openai/v1/embeddings", body, headers);
    }

    private HttpResponse<String> as(String key, HttpRequest.Builder request) throws Exception {
        return gateway.send(request.setHeader("Authorization", "Bearer " + key));
    }

    private static void assertError(HttpResponse<String> answer, int status, String code) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        var error = new JsonMapper().readTree(answer.body()).get("error");
        assertThat(error.get("message").isString()).isTrue();
        assertThat(error.get("param").isNull()).isTrue();
        assertThat(error.get("code").asString()).isEqualTo(code);
        assertThat(error.get("request_id").asString())
                .isEqualTo(answer.headers().firstValue("X-Request-Id").orElseThrow());
    }

    @Test
    void embeddings_goToTheModelThatTheBodyNames() throws Exception {
        var body = "{\"input\":[\"model\",{\"model\":\"x\"}],\"model\":\"minilm\"}";
        var answer = embed(body, "X-Request-Id", "r-1", "Content-Type", "application/json");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"from\":\"w1\"}");
        assertThat(answer.headers().firstValue("Presage-Model-Version")).contains("3");
        assertThat(answer.headers().firstValue("X-Request-Id")).contains("r-1");
        var seen = worker.seen.getFirst();
        assertThat(seen.method() + " " + seen.path()).isEqualTo("POST /v2/models/minilm/versions/3/embeddings");
        assertThat(seen.body().toString()).isEqualTo(body);
        assertThat(seen.header("X-Request-Id")).isEqualTo("r-1");
    }

    @Test
    void embeddings_goToTheVersionBehindTheColon_whichMayBeAnAlias() throws Exception {
        for (var model : List.of("minilm:3", "minilm:stable", "minilm:champion")) {
            var answer = embed("{\"model\":\"" + model + "\",\"input\":\"a\"}");
            assertThat(answer.statusCode()).as(model + answer.body()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Presage-Model-Version")).contains("3");
        }
        assertThat(worker.seen)
                .hasSize(3)
                .allSatisfy(seen -> assertThat(seen.path()).isEqualTo("/v2/models/minilm/versions/3/embeddings"));

        assertError(embed("{\"model\":\"minilm:2\",\"input\":\"a\"}"), 503, "version_not_ready");
        for (var nobody : List.of("minilm:9", "minilm:none")) {
            assertError(embed("{\"model\":\"" + nobody + "\",\"input\":\"a\"}"), 404, "version_not_found");
        }
        for (var noName : List.of("minilm:", ":3", "minilm:3:4", "minilm:0", "minilm:Stable", "minilm@3")) {
            assertError(embed("{\"model\":\"" + noName + "\",\"input\":\"a\"}"), 404, "model_not_found");
        }
        var scoped = gateway.request("/openai/v1/embeddings")
                .POST(BodyPublishers.ofString("{\"model\":\"minilm:3\",\"input\":\"a\"}"));
        assertError(as(SCOPED, scoped), 403, "permission_denied");
        assertThat(worker.seen).hasSize(3);
    }

    @Test
    void embeddings_inManyPieces_areForwardedWhole() throws Exception {
        var body = "{\"input\":\"" + "text ".repeat(100_000) + "\",\"model\":\"minilm\"}";
        assertThat(embed(body).statusCode()).isEqualTo(200);
        assertThat(worker.seen.getFirst().body().toString()).isEqualTo(body);
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void embeddings_modelBehindTheScannedPart_isToBePutFirst() throws Exception {
        var text = "{\"input\":\"" + "a".repeat(2_100_000) + "\"";
        assertError(embed(text + ",\"model\":\"minilm\"}"), 400, "invalid_request");
        assertThat(embed("{\"model\":\"minilm\"," + text.substring(1) + "}").statusCode())
                .isEqualTo(200);
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void embeddings_mistakes_areOpenAiErrors() throws Exception {
        assertError(embed("{\"model\":\"nobody\",\"input\":\"a\"}"), 404, "model_not_found");
        assertError(embed("{\"model\":\"../etc\",\"input\":\"a\"}"), 404, "model_not_found");
        assertError(embed("{\"input\":\"a\"}"), 400, "invalid_request");
        assertError(embed("{\"model\":7}"), 400, "invalid_request");
        assertError(embed("not JSON"), 400, "invalid_request");
        assertError(embed(""), 400, "invalid_request");
        assertError(embed("{\"model\":\"minilm\"}", "Content-Encoding", "gzip"), 415, "unsupported_media_type");
        assertError(embed("{\"model\":\"minilm\"}", "Presage-Timeout-Ms", "0"), 400, "invalid_request");
        assertError(embed("{\"model\":\"other\",\"input\":\"a\"}"), 503, "version_not_ready");
        assertError(embed("{\"model\":\"minilm\"," + " ".repeat(5_000_000) + "}"), 413, "body_too_large");
        assertError(gateway.get("/openai/v1/embeddings"), 405, "method_not_allowed");
        assertError(gateway.get("/openai/v1/chat/completions"), 404, "not_found");
        assertThat(worker.seen).isEmpty();
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void embeddings_keysAndLimits_holdHereToo() throws Exception {
        var request = gateway.request("/openai/v1/embeddings")
                .POST(BodyPublishers.ofString("{\"model\":\"minilm\",\"input\":\"a\"}"));
        assertError(as("presage_zzzzzzzzzzzz_x", request.copy()), 401, "invalid_api_key");
        assertError(as(PUBLISHER, request.copy()), 403, "permission_denied");
        assertError(as(SCOPED, request.copy()), 403, "permission_denied");
        assertThat(as(LIMITED, request.copy()).statusCode()).isEqualTo(200);
        var limited = as(LIMITED, request.copy());
        assertError(limited, 429, "rate_limit_exceeded");
        assertThat(limited.headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void embeddings_workersError_isPassedOn() throws Exception {
        worker.does(exchange -> FakeWorker.answer(exchange, 400, "{\"error\":{\"message\":\"dimensions\"}}"));
        var answer = embed("{\"model\":\"minilm\",\"input\":\"a\",\"dimensions\":1}");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).isEqualTo("{\"error\":{\"message\":\"dimensions\"}}");
    }

    @Test
    void openAiModels_areThoseOfTheKey() throws Exception {
        assertThat(gateway.get("/openai/v1/models").body())
                .isEqualTo("{\"object\":\"list\",\"data\":["
                        + "{\"id\":\"minilm\",\"object\":\"model\",\"created\":0,\"owned_by\":\"presage\"},"
                        + "{\"id\":\"other\",\"object\":\"model\",\"created\":0,\"owned_by\":\"presage\"}]}");
        assertThat(gateway.get("/openai/v1/models/minilm").body())
                .isEqualTo("{\"id\":\"minilm\",\"object\":\"model\",\"created\":0,\"owned_by\":\"presage\"}");
        assertThat(gateway.get("/openai/v1/models/minilm:stable").body())
                .isEqualTo("{\"id\":\"minilm:stable\",\"object\":\"model\",\"created\":0,\"owned_by\":\"presage\"}");
        assertError(gateway.get("/openai/v1/models/minilm:9"), 404, "version_not_found");
        assertError(gateway.get("/openai/v1/models/nobody"), 404, "model_not_found");
        var scoped = as(SCOPED, gateway.request("/openai/v1/models").GET());
        assertThat(scoped.body()).contains("other").doesNotContain("minilm");
        assertError(as(SCOPED, gateway.request("/openai/v1/models/minilm").GET()), 403, "permission_denied");
        assertError(as(PUBLISHER, gateway.request("/openai/v1/models").GET()), 403, "permission_denied");
    }

    @Test
    void predict_goesToTheVersionThatThePathNames() throws Exception {
        for (var path : List.of("", "/versions/3", "/labels/stable")) {
            var answer = post("/v1/models/minilm" + path + ":predict", "{\"instances\":[\"a\"]}");
            assertThat(answer.body()).isEqualTo("{\"from\":\"w1\"}");
        }
        assertThat(worker.seen).hasSize(3).allSatisfy(seen -> {
            assertThat(seen.path()).isEqualTo("/v2/models/minilm/versions/3/predict");
            assertThat(seen.body().toString()).isEqualTo("{\"instances\":[\"a\"]}");
        });
    }

    @Test
    void predict_mistakes_haveAnErrorInOneText() throws Exception {
        for (var path : List.of("nobody", "minilm/versions/9", "minilm/labels/none", "minilm/versions/x")) {
            var answer = post("/v1/models/" + path + ":predict", "{}");
            assertThat(answer.statusCode()).as(path).isEqualTo(404);
            assertThat(new JsonMapper().readTree(answer.body()).get("error").isString())
                    .isTrue();
        }
        assertThat(gateway.get("/v1/models/minilm:predict").statusCode()).isEqualTo(405);
        assertThat(post("/v1/models/minilm", "{}").statusCode()).isEqualTo(405);
        assertThat(as(SCOPED, gateway.request("/v1/models/minilm:predict").POST(BodyPublishers.ofString("{}")))
                        .statusCode())
                .isEqualTo(403);
        assertThat(worker.seen).isEmpty();
    }

    @Test
    void status_saysWhichVersionsAnswer() throws Exception {
        var three =
                "{\"version\":\"3\",\"state\":\"AVAILABLE\",\"status\":{\"error_code\":\"OK\",\"error_message\":\"\"}}";
        assertThat(gateway.get("/v1/models/minilm").body())
                .isEqualTo("{\"model_version_status\":[" + three
                        + ",{\"version\":\"2\",\"state\":\"LOADING\",\"status\":{\"error_code\":\"UNAVAILABLE\","
                        + "\"error_message\":\"no Ready replica\"}}]}");
        for (var path : List.of("/versions/3", "/labels/champion")) {
            assertThat(gateway.get("/v1/models/minilm" + path).body())
                    .isEqualTo("{\"model_version_status\":[" + three + "]}");
        }
        assertThat(gateway.get("/v1/models/minilm/versions/9").statusCode()).isEqualTo(404);
        assertThat(gateway.get("/v1/models/nobody").statusCode()).isEqualTo(404);
        assertThat(as(SCOPED, gateway.request("/v1/models/minilm").GET()).statusCode())
                .isEqualTo(403);
    }
}
