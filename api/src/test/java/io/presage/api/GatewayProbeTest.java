package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Probes the public port with bytes that no decent client sends. What each must get is what keeps two servers
/// on one path from reading one request differently, or a slow client from holding a connection for ever.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewayProbeTest {
    private static final String INFER = "POST /v2/models/fraud/infer HTTP/1.1\r\n";
    private static final String AUTHORIZED = "Host: x\r\nAuthorization: Bearer " + Gateway.KEY + "\r\n";

    private FakeRegistry registry;
    private FakeWorker worker;
    private Gateway gateway;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new FakeRegistry();
        worker = new FakeWorker("w1");
        registry.publish(Gateway.table(1, "fraud", 1, worker));
        gateway = new Gateway(
                        registry.port(),
                        data,
                        "gateway.http.header-timeout=400ms",
                        "gateway.http.body-timeout=400ms",
                        "gateway.http.idle-timeout=800ms")
                .awaitRevision(1);
    }

    @AfterAll
    void stop() {
        gateway.close();
        worker.close();
        registry.close();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            unknown transfer encoding    | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Transfer-Encoding: gzip~~abc | 400
            chunked within a list        | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Transfer-Encoding: gzip, chunked~~0~~ | 400
            chunked twice                | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Transfer-Encoding: chunked~Transfer-Encoding: chunked~~0~~ | 400
            identity                     | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Transfer-Encoding: identity~~ | 400
            encoding and length          | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Transfer-Encoding: chunked~Content-Length: 3~~0~~ | 400
            chunked in HTTP/1.0          | POST /v2/models/fraud/infer HTTP/1.0~Host: x~Transfer-Encoding: chunked~~0~~ | 400
            no host                      | GET /v2/health/live HTTP/1.1~~ | 400
            two hosts                    | GET /v2/health/live HTTP/1.1~Host: x~Host: y~~ | 400
            two equal hosts              | GET /v2/health/live HTTP/1.1~Host: x~Host: x~~ | 400
            two lengths                  | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Content-Length: 3~Content-Length: 4~~abcd | 400
            two equal lengths            | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Content-Length: 3~Content-Length: 3~~abc | 400
            negative length              | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Content-Length: -3~~abc | 400
            signed length                | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Content-Length: +3~~abc | 400
            length without digits        | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Content-Length: three~~abc | 400
            length beyond 64 bits        | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Content-Length: 99999999999999999999~~abc | 400
            no version                   | GET /v2/health/live~Host: x~~ | 400
            words for a request line     | hello~~ | 400
            space before the colon       | GET /v2/health/live HTTP/1.1~Host : x~~ | 400
            header without a colon       | GET /v2/health/live HTTP/1.1~Host: x~nonsense~~ | 400
            unknown expectation          | POST /v2/models/fraud/infer HTTP/1.1~Host: x~Expect: wonders~Content-Length: 2~~{} | 400
            """)
    void refusedAndClosed(String name, String request, int status) throws Exception {
        try (var client = new RawClient(gateway.port())) {
            String answer = client.send(request.replace("~", "\r\n")).readToEnd();
            assertThat(answer).matches("(?s)HTTP/1.[01] " + status + " .*").contains("\"error\"");
            assertThat(answer.split("HTTP/1.[01] [0-9]", -1))
                    .as("one answer only")
                    .hasSize(2);
        }
    }

    @Test
    void headersAndRequestLineHaveACap() throws Exception {
        try (var client = new RawClient(gateway.port())) {
            assertThat(client.send("GET /v2/health/live HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(20_000) + "\r\n\r\n")
                            .readToEnd())
                    .startsWith("HTTP/1.1 431 ")
                    .contains("HEADERS_TOO_LARGE");
        }
        try (var client = new RawClient(gateway.port())) {
            assertThat(client.send("GET /" + "y".repeat(20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n")
                            .readToEnd())
                    .startsWith("HTTP/1.0 431 ");
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        String live = "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n";
        try (var client = new RawClient(gateway.port())) {
            String answers = client.send(INFER + AUTHORIZED + "X-Request-Id: first\r\nContent-Length: 2\r\n\r\n{}"
                            + live + "X-Request-Id: second\r\n\r\n" + live
                            + "X-Request-Id: third\r\nConnection: close\r\n\r\n")
                    .readToEnd();
            assertThat(answers).containsSubsequence("first", "{\"from\":\"w1\"}", "second", "third");
        }
    }

    @Test
    void expectContinue_isAnsweredBeforeTheBody_orRefusedInItsPlace() throws Exception {
        try (var client = new RawClient(gateway.port())) {
            client.send(INFER + AUTHORIZED + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
                    .readUntil("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(client.send("{}").readUntil("w1")).startsWith("HTTP/1.1 200 ");
        }
        try (var client = new RawClient(gateway.port())) {
            assertThat(client.send(INFER + "Host: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
                            .readToEnd())
                    .startsWith("HTTP/1.1 401 ")
                    .doesNotContain("100 Continue");
        }
    }

    @Test
    void refusedCallWithAShortBody_keepsItsConnection() throws Exception {
        try (var client = new RawClient(gateway.port())) {
            client.send(INFER + "Host: x\r\nContent-Length: 2\r\n\r\n{}").readUntil("UNAUTHENTICATED");
            assertThat(client.send("GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n")
                            .readUntil("live\":true"))
                    .contains("HTTP/1.1 200 ");
        }
    }

    @Test
    void refusedCallWithALongBody_isAnsweredAlthoughItsClientGoesOnSending() throws Exception {
        try (var client = new RawClient(gateway.port())) {
            client.send(INFER + "Host: x\r\nContent-Length: 1000000\r\n\r\n").send("x".repeat(1_000_000));
            assertThat(client.readToEnd()).startsWith("HTTP/1.1 401 ");
        }
    }

    @Test
    void dripOfAHead_isCutOff() throws Exception {
        try (var client = new RawClient(gateway.port())) {
            client.send("GET /v2/health/live HTTP/1.1\r\nHost: x\r\nX: ");
            Gateway.await("the end of patience", () -> {
                try {
                    client.send("y");
                    return false;
                } catch (java.io.IOException _) {
                    return true;
                }
            });
        }
    }

    @Test
    void silenceInABody_isCutOff() throws Exception {
        try (var client = new RawClient(gateway.port())) {
            assertThat(client.send(INFER + AUTHORIZED + "Content-Length: 10\r\n\r\n{")
                            .readToEnd())
                    .isEmpty();
        }
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void body_laterThanItsDeadline_is408() throws Exception {
        try (var client = new RawClient(gateway.port())) {
            assertThat(client.send(INFER + AUTHORIZED + "Presage-Timeout-Ms: 50\r\nContent-Length: 100000\r\n\r\n{")
                            .readUntil("REQUEST_TIMEOUT"))
                    .startsWith("HTTP/1.1 408 ");
        }
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void idleConnection_isClosed_butNotOneThatWaitsForAnAnswer() throws Exception {
        try (var client = new RawClient(gateway.port())) {
            assertThat(client.readToEnd()).isEmpty();
        }
        try (var idle = new RawClient(gateway.port());
                var client = new RawClient(gateway.port())) {
            worker.does(exchange -> {
                // Answers only after a connection opened later than this call was closed for being idle.
                idle.readToEnd();
                FakeWorker.answer(exchange, 200, "{\"from\":\"w1\"}");
            });
            client.send(INFER + AUTHORIZED + "Content-Length: 2\r\n\r\n{}");
            assertThat(client.readUntil("w1")).startsWith("HTTP/1.1 200 ");
        } finally {
            worker.does(exchange -> FakeWorker.answer(exchange, 200, "{\"from\":\"w1\"}"));
        }
    }

    @Test
    void chunkedInAnyCase_andManySmallChunks_areRead() throws Exception {
        var body = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            body.append("1\r\nx\r\n");
        }
        worker.seen.clear();
        try (var client = new RawClient(gateway.port())) {
            client.send(INFER + AUTHORIZED + "Transfer-Encoding: Chunked\r\n\r\n" + body + "0\r\n\r\n");
            assertThat(client.readUntil("w1")).startsWith("HTTP/1.1 200 ");
        }
        assertThat(worker.seen.getFirst().body().length()).isEqualTo(20_000);
    }

    @Test
    void brokenChunkSize_breaksTheConnection_andFreesItsRoom() throws Exception {
        try (var client = new RawClient(gateway.port())) {
            assertThat(client.send(INFER + AUTHORIZED + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")
                            .readToEnd())
                    .doesNotContain("200");
        }
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void connectMethodAndStarAreNoPaths() throws Exception {
        try (var client = new RawClient(gateway.port())) {
            assertThat(client.send("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                            .readToEnd())
                    .startsWith("HTTP/1.1 40");
        }
        try (var client = new RawClient(gateway.port())) {
            assertThat(client.send("CONNECT a:1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                            .readToEnd())
                    .startsWith("HTTP/1.1 40");
        }
    }
}
