package io.presage.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.http.Headers;
import io.presage.contract.state.DesiredState.Validation;
import io.presage.contract.state.SlotState;
import io.presage.hosting.StartFailure;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.io.ByteArrayOutputStream;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/// The whole service against a registry's double: assigned versions are fetched, loaded and answered for.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WorkerTest {
    private static final String TWO_ROWS =
            "{\"id\":\"r1\",\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[2,3],\"data\":[[1,2,3],[4,5,6]]}]}";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private RegistryDouble registry;
    private ConfigurableApplicationContext worker;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new RegistryDouble();
        worker = start(registry, data);
        registry.assign(
                registry.assignment("twice", 1, OnnxModelBuilder.twice(3)),
                registry.assignment("twice", 2, OnnxModelBuilder.twice(3)),
                registry.assignment("slow", 1, OnnxModelBuilder.slow(256, 60)),
                registry.assignment(
                        "look-up",
                        1,
                        zip(Map.of(
                                "model.onnx", OnnxModelBuilder.lookUp(10, 20, 30),
                                "model.yaml",
                                        "batching: {windowMicros: 100000, queueRowsMax: 1000, rowsMax: 1000}\n"
                                                .getBytes(StandardCharsets.UTF_8)))),
                registry.assignment("broken", 1, "no model at all".getBytes(StandardCharsets.UTF_8)));
        registry.awaitReport(report -> report.slots().stream()
                        .filter(slot -> slot.state() == SlotState.READY)
                        .count()
                == 4);
        registry.awaitState("broken", 1, SlotState.FAILED);
    }

    static ConfigurableApplicationContext start(RegistryDouble registry, Path data, String... more) {
        var arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--worker.http.host=127.0.0.1",
                "--worker.http.port=0",
                "--worker.data-directory=" + data,
                "--worker.registry-url=" + registry.url(),
                "--worker.shutdown-grace=0s",
                "--presage.service-secret=" + RegistryDouble.SECRET));
        for (var one : more) {
            // A key given twice would be a list.
            arguments.removeIf(other -> other.startsWith(one.substring(0, one.indexOf('=') + 1)));
            arguments.add(one);
        }
        return WorkerApplication.builder().run(arguments.toArray(String[]::new));
    }

    @AfterAll
    void stop() {
        worker.close();
        registry.close();
    }

    private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        return client.send(
                request(path, headers).POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(request(path).build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + WorkerApplication.port(worker) + path))
                .header(Headers.SERVICE_SECRET, RegistryDouble.SECRET);
        return headers.length == 0 ? request : request.headers(headers);
    }

    static byte[] zip(Map<String, byte[]> files) throws Exception {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (var file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue());
            }
        }
        return bytes.toByteArray();
    }

    @Test
    void infer_json_isAnsweredWithVersionAndIds() throws Exception {
        var answer = post("/v2/models/twice/versions/1/infer", TWO_ROWS, "X-Request-Id", "abc");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .isEqualTo(
                        "{\"model_name\":\"twice\",\"model_version\":\"1\",\"id\":\"r1\",\"outputs\":[{\"name\":\"y\","
                                + "\"datatype\":\"FP32\",\"shape\":[2,3],\"data\":[2.0,4.0,6.0,8.0,10.0,12.0]}]}");
        assertThat(answer.headers().firstValue(Headers.MODEL_VERSION)).contains("1");
        assertThat(answer.headers().firstValue(Headers.REQUEST_ID)).contains("abc");
        assertThat(answer.headers().firstValue(Headers.ROWS)).contains("2");
        assertThat(answer.headers().firstValue(Headers.TOKENS)).isEmpty();
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.headers().firstValue(Headers.INFERENCE_HEADER_CONTENT_LENGTH))
                .isEmpty();
    }

    @Test
    void infer_withoutVersion_takesTheNewest() throws Exception {
        assertThat(post("/v2/models/twice/infer", TWO_ROWS).body()).contains("\"model_version\":\"2\"");
    }

    @Test
    void infer_binaryBothWays_isExact() throws Exception {
        var json = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],"
                + "\"parameters\":{\"binary_data_size\":12}}],\"parameters\":{\"binary_data_output\":true}}";
        var head = json.getBytes(StandardCharsets.UTF_8);
        var body = ByteBuffer.allocate(head.length + 12).order(ByteOrder.LITTLE_ENDIAN);
        body.put(head).putFloat(1.5f).putFloat(-2).putFloat(1e-7f);

        var answer = client.send(
                request("/v2/models/twice/infer", Headers.INFERENCE_HEADER_CONTENT_LENGTH, "" + head.length)
                        .POST(BodyPublishers.ofByteArray(body.array()))
                        .build(),
                BodyHandlers.ofByteArray());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/octet-stream");
        int length = Integer.parseInt(answer.headers()
                .firstValue(Headers.INFERENCE_HEADER_CONTENT_LENGTH)
                .orElseThrow());
        var data = ByteBuffer.wrap(answer.body(), length, 12).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(answer.body()).hasSize(length + 12);
        assertThat(new float[] {data.getFloat(), data.getFloat(), data.getFloat()})
                .containsExactly(3f, -4f, 2e-7f);
    }

    @Test
    void infer_rawBody_isTheOneInput() throws Exception {
        var body = ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(1)
                .putFloat(2)
                .putFloat(3);

        var answer = client.send(
                request("/v2/models/twice/infer", Headers.INFERENCE_HEADER_CONTENT_LENGTH, "0")
                        .POST(BodyPublishers.ofByteArray(body.array()))
                        .build(),
                BodyHandlers.ofByteArray());

        assertThat(answer.statusCode()).isEqualTo(200);
    }

    @Test
    void infer_throughTheBatcher_answersEveryCaller() throws Exception {
        var row = "0,".repeat(255) + "0";
        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int i = 0; i < 40; i++) {
            var body = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,256],\"data\":[" + i
                    + row.substring(1) + "]}]}";
            answers.add(client.sendAsync(
                    request("/v2/models/slow/infer")
                            .POST(BodyPublishers.ofString(body))
                            .build(),
                    BodyHandlers.ofString()));
        }
        for (int i = 0; i < answers.size(); i++) {
            var answer = answers.get(i).get();
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).contains("\"data\":[" + i + ".0,0.0");
        }
    }

    @Test
    void priority_isOneOfThree() throws Exception {
        for (var priority : List.of("high", "normal", "low")) {
            assertThat(post("/v2/models/twice/infer", TWO_ROWS, Headers.PRIORITY, priority)
                            .statusCode())
                    .isEqualTo(200);
        }
        var unknown = post("/v2/models/twice/infer", TWO_ROWS, Headers.PRIORITY, "urgent");
        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(unknown.body()).contains("Presage-Priority: 'urgent' (expected: high, normal or low)");
    }

    @Test
    void badRowInABatch_failsAlone() throws Exception {
        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int index : new int[] {0, 1, 99, 2, 1, 0}) {
            // Too many rows for the event loop: the batcher has them.
            var rows = (index + ",").repeat(99) + index;
            answers.add(client.sendAsync(
                    request("/v2/models/look-up/infer")
                            .POST(BodyPublishers.ofString(
                                    "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT64\",\"shape\":[100],\"data\":["
                                            + rows + "]}]}"))
                            .build(),
                    BodyHandlers.ofString()));
        }
        var statuses = new ArrayList<Integer>();
        for (var answer : answers) {
            statuses.add(answer.get().statusCode());
        }
        assertThat(statuses).containsExactly(200, 200, 400, 200, 200, 200);
    }

    @Test
    void badRequests_areNamed() throws Exception {
        var wrongType = post("/v2/models/twice/infer", TWO_ROWS.replace("FP32", "INT64"));
        assertThat(wrongType.statusCode()).isEqualTo(400);
        assertThat(wrongType.body()).contains("\"code\":\"INVALID_TENSOR\"").contains("expected: FP32");
        assertThat(wrongType.headers().firstValue(Headers.PROBLEM_CODE)).contains("INVALID_TENSOR");
        assertThat(wrongType.headers().firstValue(Headers.ROWS)).isEmpty();

        assertThat(post("/v2/models/twice/infer", "{").statusCode()).isEqualTo(400);
        assertThat(post("/v2/models/twice/infer", "").statusCode()).isEqualTo(400);
        assertThat(post("/v2/models/twice/infer", TWO_ROWS.replace("[2,3]", "[3,2]"))
                        .statusCode())
                .isEqualTo(400);
        var wrongMedia = post("/v2/models/twice/infer", TWO_ROWS, "Content-Type", "text/plain");
        assertThat(wrongMedia.statusCode()).isEqualTo(415);
        assertThat(wrongMedia.body()).contains("Content-Type: 'text/plain' (expected: application/json");
        assertThat(post("/v2/models/twice/infer", TWO_ROWS, "Content-Encoding", "br")
                        .statusCode())
                .isEqualTo(415);
        assertThat(post("/v2/models/twice/infer", TWO_ROWS, Headers.TIMEOUT_MILLIS, "0")
                        .statusCode())
                .isEqualTo(400);
        assertThat(post("/v2/models/twice/infer", TWO_ROWS, Headers.INFERENCE_HEADER_CONTENT_LENGTH, "x")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void tooManyRows_are400() throws Exception {
        var rows = "1,2,3,".repeat(4096) + "1,2,3";
        var answer = post(
                "/v2/models/twice/infer",
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[4097,3],\"data\":[" + rows + "]}]}");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("4097 rows (expected: at most 4096");
    }

    @Test
    void unknownThings_are404_andNotReadyOnes503() throws Exception {
        assertThat(post("/v2/models/nobody/infer", TWO_ROWS).body()).contains("MODEL_NOT_FOUND");
        assertThat(post("/v2/models/twice/versions/9/infer", TWO_ROWS).body()).contains("VERSION_NOT_FOUND");
        assertThat(post("/v2/models/twice/versions/x/infer", TWO_ROWS).statusCode())
                .isEqualTo(404);
        assertThat(get("/v2/nothing").statusCode()).isEqualTo(404);
        assertThat(get("/").statusCode()).isEqualTo(404);

        var broken = post("/v2/models/broken/infer", TWO_ROWS);
        assertThat(broken.statusCode()).isEqualTo(503);
        assertThat(broken.headers().firstValue(Headers.PROBLEM_CODE)).contains("VERSION_NOT_READY");
        assertThat(broken.headers().firstValue("Retry-After")).contains("1");
    }

    @Test
    void wrongMethod_is405WithAllow() throws Exception {
        var answer = get("/v2/models/twice/infer");
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).contains("POST");
        assertThat(post("/v2/models/twice", "").headers().firstValue("Allow")).contains("GET");
    }

    @Test
    void withoutTheSecret_onlyHealthAnswers() throws Exception {
        for (var path : List.of("/v2", "/v2/models/twice", "/v2/models/twice/ready")) {
            assertThat(bare(path)).isEqualTo(401);
        }
        assertThat(bare("/v2/health/live")).isEqualTo(200);
        assertThat(bare("/v2/health/ready")).isEqualTo(200);
    }

    private int bare(String path) throws Exception {
        var uri = URI.create("http://127.0.0.1:" + WorkerApplication.port(worker) + path);
        return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .statusCode();
    }

    @Test
    void metadata_saysWhatTheVersionTakesAndGives() throws Exception {
        assertThat(get("/v2").body()).contains("\"name\":\"presage\"").contains("binary_tensor_data");
        assertThat(get("/v2/").statusCode()).isEqualTo(200);
        assertThat(get("/v2/models/twice").body())
                .isEqualTo("{\"name\":\"twice\",\"versions\":[\"1\",\"2\"],\"platform\":\"onnxruntime_onnx\","
                        + "\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,3]}],"
                        + "\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[-1,3]}]}");
        assertThat(get("/v2/models/twice/versions/1/ready").body()).isEqualTo("{\"name\":\"twice\",\"ready\":true}");
        var broken = get("/v2/models/broken/ready");
        assertThat(broken.statusCode()).isEqualTo(503);
        assertThat(broken.body()).isEqualTo("{\"name\":\"broken\",\"ready\":false}");
        assertThat(post("/v2/repository/index", "").body())
                .contains(
                        "{\"name\":\"broken\",\"version\":\"1\",\"state\":\"UNAVAILABLE\",\"reason\":\"unknown-format");
        assertThat(post("/v2/repository/index", "{\"ready\":true}").body()).doesNotContain("broken");
    }

    @Test
    void failedSlot_reportsItsCard() throws Exception {
        var report = registry.awaitState("broken", 1, SlotState.FAILED);
        var slot = report.slots().stream()
                .filter(one -> one.model().equals("broken"))
                .findFirst()
                .orElseThrow();
        assertThat(Objects.requireNonNull(slot.failure()).cause()).isEqualTo("unknown-format");
    }

    @Test
    void validation_measuresOrRejects() throws Exception {
        var good = zip(Map.of(
                "m.onnx", OnnxModelBuilder.twice(3),
                "samples/a.request.json", TWO_ROWS.getBytes(StandardCharsets.UTF_8),
                "samples/a.response.json",
                        ("{\"model_name\":\"m\",\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[2,3],"
                                        + "\"data\":[2,4,6,8,10,12]}]}")
                                .getBytes(StandardCharsets.UTF_8)));
        var wrong = zip(Map.of(
                "m.onnx", OnnxModelBuilder.twice(3),
                "samples/a.request.json", TWO_ROWS.getBytes(StandardCharsets.UTF_8),
                "samples/a.response.json",
                        ("{\"model_name\":\"m\",\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[2,3],"
                                        + "\"data\":[2,4,6,8,10,13]}]}")
                                .getBytes(StandardCharsets.UTF_8)));
        registry.validate(
                new Validation("v1", "m", 1, registry.upload(good), good.length),
                new Validation("v2", "m", 2, registry.upload(wrong), wrong.length));

        var profile = Objects.requireNonNull(registry.awaitResult("v1").profile());
        assertThat(profile.samplesChecked()).isEqualTo(1);
        assertThat(profile.signature().batchable()).isTrue();
        assertThat(profile.memoryBytes()).isPositive();
        assertThat(profile.millisPerCall() + profile.millisPerRow()).isPositive();
        var failure = Objects.requireNonNull(registry.awaitResult("v2").failure());
        assertThat(failure.cause()).isEqualTo("sample-mismatch");
        assertThat(failure.evidence()).isEqualTo("samples/a: output 'y'[5]: 12.0 (expected: 13.0 +- 0.001)");
    }

    @Test
    void deadlineThatPassed_isNotRun() throws Exception {
        var calls = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        var row = "0,".repeat(256 * 400 - 1) + "0";
        var body = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[400,256],\"data\":[" + row + "]}]}";
        for (int i = 0; i < 6; i++) {
            calls.add(client.sendAsync(
                    request("/v2/models/slow/infer", Headers.TIMEOUT_MILLIS, i < 5 ? "60000" : "1")
                            .POST(BodyPublishers.ofString(body))
                            .build(),
                    BodyHandlers.ofString()));
        }
        assertThat(calls.getLast().get().statusCode()).isEqualTo(504);
        for (var call : calls.subList(0, 5)) {
            assertThat(call.get().statusCode()).isIn(200, 503);
        }
    }

    @Test
    void metrics_areThere() throws Exception {
        post("/v2/models/twice/infer", TWO_ROWS);
        var port = worker.getEnvironment().getProperty("local.server.port");
        var uri = URI.create("http://127.0.0.1:" + port + "/actuator/prometheus");
        var text = client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
        assertThat(text)
                .contains("presage_predict_duration_seconds_bucket{model=\"twice\",version=\"2\"")
                .contains("presage_queue_duration_seconds_count")
                .contains("presage_compute_duration_seconds_count")
                .contains("presage_batch_rows_count")
                .contains("presage_shed_total{reason=\"queue_full\"}")
                .contains("presage_slots{state=\"ready\"}")
                .contains("presage_memory_used_bytes");
        var ready = URI.create("http://127.0.0.1:" + port + "/actuator/health/readiness");
        assertThat(client.send(HttpRequest.newBuilder(ready).build(), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void unknownKey_stopsTheStartAndIsNamed(@TempDir Path data) {
        assertThatThrownBy(() -> start(registry, data, "--worker.http.prot=1"))
                .satisfies(e -> assertThat(StartFailure.describe(e)).contains("worker.http.prot"));
        assertThatThrownBy(() -> start(registry, data, "--worker.registry-url="))
                .satisfies(e -> assertThat(StartFailure.describe(e)).contains("worker.registry-url"));
        assertThatThrownBy(() -> start(registry, data, "--worker.http.port=" + WorkerApplication.port(worker)))
                .satisfies(e -> assertThat(StartFailure.describe(e)).contains("cannot listen"));
    }
}
