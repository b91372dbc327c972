package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// REST over HTTP/2 in clear, with the JDK's client: it upgrades its first request.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Http2Test {
    private FakeRegistry registry;
    private FakeWorker worker;
    private Gateway gateway;
    private HttpClient client;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new FakeRegistry();
        worker = new FakeWorker("w1");
        registry.publish(Gateway.table(1, "fraud", 1, worker));
        gateway = new Gateway(registry.port(), data, "gateway.http.body-bytes-max=1MB").awaitRevision(1);
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    }

    @AfterAll
    void stop() {
        client.close();
        gateway.close();
        worker.close();
        registry.close();
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.BodyPublisher text(String body) {
        return HttpRequest.BodyPublishers.ofString(body);
    }

    @Test
    void predictCall_isAnsweredOverHttp2_withTheWorkersAnswer() throws Exception {
        var answer = send(gateway.request("/v2/models/fraud/infer").POST(text("{\"x\":1}")));
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"from\":\"w1\"}");
        assertThat(answer.headers().firstValue("presage-model-version")).hasValue("1");
        assertThat(answer.headers().map()).doesNotContainKeys("connection", "transfer-encoding");
    }

    @Test
    void bodyOfManyFrames_arrivesWhole() throws Exception {
        worker.seen.clear();
        byte[] body = "y".repeat(700_000).getBytes(StandardCharsets.US_ASCII);
        var answer = send(gateway.request("/v2/models/fraud/infer")
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(worker.seen.getFirst().body().getBytes()).isEqualTo(body);
    }

    @Test
    void tooLargeABody_is413_andTheConnectionGoesOn() throws Exception {
        var answer = send(gateway.request("/v2/models/fraud/infer").POST(text("z".repeat(2_000_000))));
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).contains("BODY_TOO_LARGE");
        assertThat(send(gateway.request("/v2/health/live").GET()).statusCode()).isEqualTo(200);
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void refusals_haveOipsForm() throws Exception {
        var unknown = send(gateway.request("/v2/models/none/infer").POST(text("{}")));
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("\"error\"").contains("MODEL_NOT_FOUND");
        var wrongMethod = send(gateway.request("/v2/models/fraud/infer").GET());
        assertThat(wrongMethod.statusCode()).isEqualTo(405);
        assertThat(wrongMethod.headers().firstValue("allow")).hasValue("POST");
    }

    @Test
    void controlCall_withABodyOfUnknownLength_isPassedOn() throws Exception {
        var answer = send(gateway.request("/api/v1/models")
                .POST(HttpRequest.BodyPublishers.ofInputStream(
                        () -> new ByteArrayInputStream("{}".getBytes(StandardCharsets.US_ASCII)))));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"registry\":true}");
    }

    @Test
    void manyCallsAtOnce_shareOneConnection() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> calls = IntStream.range(0, 200)
                .mapToObj(_ -> client.sendAsync(
                        gateway.request("/v2/models/fraud/infer")
                                .POST(text("{}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString()))
                .toList();
        for (var call : calls) {
            assertThat(call.get().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void largeAnswer_isStreamed() throws Exception {
        String large = "a".repeat(3_000_000);
        worker.does(exchange -> FakeWorker.answer(exchange, 200, large));
        try {
            var answer = send(gateway.request("/v2/models/fraud/infer").POST(text("{}")));
            assertThat(answer.body()).isEqualTo(large);
        } finally {
            worker.does(exchange -> FakeWorker.answer(exchange, 200, "{\"from\":\"w1\"}"));
        }
    }
}
