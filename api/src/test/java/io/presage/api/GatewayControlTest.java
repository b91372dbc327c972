package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewayControlTest {
    private static final int MEGABYTE = 1_000_000;

    private FakeRegistry registry;
    private Gateway gateway;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new FakeRegistry();
        gateway = new Gateway(registry.port(), data, "gateway.http.body-bytes-max=1MB");
    }

    @BeforeEach
    void forget() {
        registry.controlHeaders.clear();
        registry.controlPaths.clear();
    }

    @AfterAll
    void stop() {
        gateway.close();
        registry.close();
    }

    @Test
    void call_isPassedOnWithAllowedHeadersOnly() throws Exception {
        registry.control(exchange -> {
            exchange.getResponseHeaders().set("ETag", "\"1\"");
            exchange.getResponseHeaders().set("X-Internal", "secret");
            FakeWorker.answer(exchange, 201, "{\"done\":true}");
        });
        var answer = gateway.send(gateway.request("/api/v1/models?page=2")
                .headers("Presage-Service-Secret", "forged", "X-Forwarded-For", "1.2.3.4", "If-Match", "\"0\"")
                .headers("X-Request-Id", "r-9", "Content-Type", "application/json", "Cookie", "a=b")
                .POST(HttpRequest.BodyPublishers.ofString("{}")));
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.body()).isEqualTo("{\"done\":true}");
        assertThat(answer.headers().firstValue("ETag")).contains("\"1\"");
        assertThat(answer.headers().firstValue("X-Internal")).isEmpty();
        assertThat(answer.headers().firstValue("X-Request-Id")).contains("r-9");
        assertThat(registry.controlPaths).containsExactly("/api/v1/models?page=2");
        var headers = registry.controlHeaders.getFirst();
        assertThat(headers).containsKeys("Authorization", "X-request-id", "If-match", "Content-type");
        assertThat(headers).doesNotContainKeys("Presage-service-secret", "X-forwarded-for", "Cookie");
    }

    @Test
    void pathsThatCouldBeReadTwoWays_areNotPassedOn() throws Exception {
        for (String path : new String[] {
            "/api/v1/../../internal/state",
            "/api/v1/%2e%2e/internal",
            "/api/v1//models",
            "/api/v1/models;x=1",
            "/api/v1/a%2fb",
            "/api/v1/./models",
            "/api/v1x"
        }) {
            try (var client = new RawClient(gateway.port())) {
                assertThat(client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                                .readToEnd())
                        .as(path)
                        .startsWith("HTTP/1.1 404 ")
                        .contains("application/problem+json", "\"code\":\"NOT_FOUND\"");
            }
        }
        assertThat(registry.controlPaths).isEmpty();
    }

    @Test
    void registryGone_is503AsProblemDetails() throws Exception {
        int port;
        try (var gone = new FakeRegistry()) {
            port = gone.port();
        }
        try (var lonely = new Gateway(port, java.nio.file.Files.createTempDirectory("gateway"))) {
            var answer = lonely.get("/api/v1/models");
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("REGISTRY_UNAVAILABLE", "\"status\":503", "\"request_id\"");
            assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
            assertThat(answer.headers().firstValue("Retry-After")).isPresent();
            assertThat(lonely.get("/v2/health/live").statusCode()).isEqualTo(200);
            assertThat(lonely.get("/v2/health/ready").statusCode()).isEqualTo(503);
            assertThat(lonely.infer("fraud").statusCode()).isEqualTo(503);
        }
    }

    @Test
    void upload_of200MB_isHeldBackByAReaderThatIsSlow_andArrivesWhole() throws Exception {
        var mayRead = new CountDownLatch(1);
        var arrived = new AtomicLong();
        registry.control(exchange -> {
            mayRead.await();
            try (InputStream body = exchange.getRequestBody()) {
                arrived.set(body.transferTo(OutputStream.nullOutputStream()));
            }
            FakeWorker.answer(exchange, 201, "{}");
        });
        var sent = new AtomicLong();
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
            socket.setSendBufferSize(65_536);
            var out = socket.getOutputStream();
            out.write(("POST /api/v1/models/m/versions HTTP/1.1\r\nHost: x\r\nContent-Length: " + 200L * MEGABYTE
                            + "\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            var sender = Thread.ofVirtual().start(() -> {
                try {
                    var piece = new byte[MEGABYTE];
                    for (int i = 0; i < 200; i++) {
                        out.write(piece);
                        sent.addAndGet(piece.length);
                    }
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            Gateway.await("the sender to stand still", () -> standsStill(sent));
            // What was taken lies in socket buffers; had the gateway read on, it would be all of it.
            assertThat(sent.get()).isLessThan(40L * MEGABYTE);
            mayRead.countDown();
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 201 ");
            sender.join();
        }
        assertThat(arrived.get()).isEqualTo(200L * MEGABYTE);
    }

    private static boolean standsStill(AtomicLong count) {
        long before = count.get();
        long until = System.nanoTime() + 500_000_000L;
        while (System.nanoTime() < until) {
            if (count.get() != before) {
                return false;
            }
            Thread.onSpinWait();
        }
        return before > 0;
    }

    @Test
    void chunkedUpload_andLargeDownload_stream() throws Exception {
        registry.control(exchange -> {
            long bytes = exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
            exchange.sendResponseHeaders(200, 0);
            for (int i = 0; i < 30; i++) {
                exchange.getResponseBody().write(new byte[MEGABYTE]);
            }
            exchange.getResponseBody().write((byte) (bytes == 3 * MEGABYTE ? 1 : 0));
        });
        var answer = gateway.client()
                .send(
                        gateway.request("/api/v1/models/m/versions")
                                .POST(HttpRequest.BodyPublishers.fromPublisher(
                                        HttpRequest.BodyPublishers.ofByteArray(new byte[3 * MEGABYTE])))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.body()).hasSize(30 * MEGABYTE + 1).endsWith(1);
    }

    @Test
    void uploadRefusedEarly_isAnswered() throws Exception {
        registry.control(exchange -> FakeWorker.answer(exchange, 401, "{\"code\":\"UNAUTHENTICATED\"}"));
        try (var client = new RawClient(gateway.port())) {
            client.send("POST /api/v1/models/m/versions HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\nabc");
            assertThat(client.readUntil("UNAUTHENTICATED")).startsWith("HTTP/1.1 401 ");
        }
    }
}
