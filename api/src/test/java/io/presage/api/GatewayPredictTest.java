package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Limit;
import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingTable;
import java.net.InetAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewayPredictTest {
    private static final String LIMITED = "presage_llllllllllll_x";
    private static final String SCOPED = "presage_ssssssssssss_x";
    private static final String PUBLISHER = "presage_pppppppppppp_x";

    private FakeRegistry registry;
    private Gateway gateway;
    private FakeWorker one;
    private FakeWorker two;
    private long revision;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new FakeRegistry();
        registry.publish(new RoutingTable(1, List.of(), List.of(), List.of()));
        revision = 1;
        gateway = new Gateway(
                registry.port(),
                data,
                "gateway.http.body-bytes-max=1MB",
                "gateway.http.body-bytes-in-flight-max=1MB",
                "gateway.replicas.circuit-calls-min=20",
                "gateway.replicas.circuit-open=50ms");
    }

    @BeforeEach
    void workers() throws Exception {
        one = new FakeWorker("w1");
        two = new FakeWorker("w2");
    }

    @AfterEach
    void stopWorkers() {
        one.close();
        two.close();
    }

    @AfterAll
    void stop() {
        gateway.close();
        registry.close();
    }

    private void publish(RoutingTable.Model... models) {
        revision++;
        registry.publish(Gateway.table(
                revision,
                List.of(models),
                List.of(
                        Gateway.key(Gateway.KEY, "aaaaaaaaaaaa", Set.of(Role.PREDICT), Set.of(), null),
                        Gateway.key(LIMITED, "llllllllllll", Set.of(Role.PREDICT), Set.of(), new Limit(3, 3_600_000)),
                        Gateway.key(SCOPED, "ssssssssssss", Set.of(Role.PREDICT), Set.of("other"), null),
                        Gateway.key(PUBLISHER, "pppppppppppp", Set.of(Role.PUBLISH), Set.of(), null)),
                one,
                two));
        gateway.awaitRevision(revision);
    }

    private static RoutingTable.Model model(int version, FakeWorker... workers) {
        return new RoutingTable.Model(
                "fraud",
                List.of(new RoutingTable.Target(version, 10_000)),
                List.of(new RoutingTable.Version(version, Gateway.ids(workers))),
                Map.of("champion", version, "stable", version));
    }

    private HttpResponse<String> inferWith(String key) throws Exception {
        return gateway.client()
                .send(
                        HttpRequest.newBuilder(gateway.request("/v2/models/fraud/infer")
                                        .build()
                                        .uri())
                                .header("X-API-Key", key)
                                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void infer_isForwardedWithTheVersionResolved() throws Exception {
        publish(model(7, one));
        var answer = gateway.infer(
                "fraud",
                "X-Request-Id",
                "r-1",
                "Presage-Timeout-Ms",
                "5000",
                "Presage-Priority",
                "high",
                "Presage-Service-Secret",
                "forged",
                "X-Other",
                "no");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"from\":\"w1\"}");
        assertThat(answer.headers().firstValue("Presage-Model-Version")).contains("7");
        assertThat(answer.headers().firstValue("X-Request-Id")).contains("r-1");
        var seen = one.seen.getFirst();
        assertThat(seen.method() + " " + seen.path()).isEqualTo("POST /v2/models/fraud/versions/7/infer");
        assertThat(seen.body().toString()).isEqualTo("{\"x\":1}");
        assertThat(seen.header("Presage-Service-Secret")).isEqualTo(FakeRegistry.SECRET);
        assertThat(seen.header("X-Request-Id")).isEqualTo("r-1");
        assertThat(Integer.parseInt(seen.header("Presage-Timeout-Ms"))).isBetween(1, 5000);
        assertThat(seen.header("Presage-Priority")).isEqualTo("high");
        assertThat(seen.header("Authorization")).isEmpty();
        assertThat(seen.header("X-Other")).isEmpty();
    }

    @Test
    void versionMayBeANumberOrAnAlias() throws Exception {
        publish(model(7, one));
        assertThat(gateway.infer("fraud/versions/7").statusCode()).isEqualTo(200);
        assertThat(gateway.infer("fraud/versions/stable").statusCode()).isEqualTo(200);
        assertThat(gateway.infer("%66raud/versions/%37").statusCode()).isEqualTo(200);
        assertThat(gateway.infer("fraud/versions/8").body()).contains("VERSION_NOT_FOUND");
        assertThat(gateway.infer("fraud/versions/nobody").statusCode()).isEqualTo(404);
        assertThat(gateway.infer("fraud/versions/07").statusCode()).isEqualTo(404);
        assertThat(gateway.infer("%2566raud").statusCode()).isEqualTo(404);
    }

    @Test
    void keysAreChecked() throws Exception {
        publish(model(7, one));
        var unknown = inferWith("presage_zzzzzzzzzzzz_x");
        assertThat(unknown.statusCode()).isEqualTo(401);
        assertThat(unknown.body()).contains("UNAUTHENTICATED", "\"error\"");
        assertThat(inferWith(SCOPED).statusCode()).isEqualTo(403);
        assertThat(inferWith(PUBLISHER).statusCode()).isEqualTo(403);
        assertThat(one.seen).isEmpty();
    }

    @Test
    void rateLimit_spent_is429WithHonestRetryAfter() throws Exception {
        publish(model(7, one));
        for (int i = 0; i < 3; i++) {
            assertThat(inferWith(LIMITED).statusCode()).isEqualTo(200);
        }
        var limited = inferWith(LIMITED);
        assertThat(limited.statusCode()).isEqualTo(429);
        assertThat(limited.body()).contains("RATE_LIMITED");
        assertThat(Integer.parseInt(limited.headers().firstValue("Retry-After").orElseThrow()))
                .isBetween(1, 3600);
        assertThat(limited.headers().firstValue("RateLimit-Policy")).hasValue("\"key-calls\";q=3;w=3600");
        assertThat(gateway.infer("fraud").statusCode()).isEqualTo(200);
    }

    @Test
    void unknownThingsAre404AndWrongMethods405() throws Exception {
        publish(model(7, one));
        assertThat(gateway.infer("nothing").body()).contains("MODEL_NOT_FOUND");
        assertThat(gateway.get("/internal/state?after=-1").statusCode()).isEqualTo(404);
        assertThat(gateway.get("/actuator/health").statusCode()).isEqualTo(404);
        assertThat(gateway.get("/api/v2/models").statusCode()).isEqualTo(404);
        var get = gateway.get("/v2/models/fraud/infer");
        assertThat(get.statusCode()).isEqualTo(405);
        assertThat(get.headers().firstValue("Allow")).contains("POST");
        assertThat(gateway.send(gateway.request("/v2").method("HEAD", HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(405);
    }

    @Test
    void body_tooLarge_is413_alsoChunked() throws Exception {
        publish(model(7, one));
        var large = new byte[1_100_000];
        var announced = gateway.send(gateway.request("/v2/models/fraud/infer")
                .expectContinue(true)
                .POST(HttpRequest.BodyPublishers.ofByteArray(large)));
        assertThat(announced.statusCode()).isEqualTo(413);
        var chunked = gateway.send(gateway.request("/v2/models/fraud/infer")
                .POST(HttpRequest.BodyPublishers.fromPublisher(HttpRequest.BodyPublishers.ofByteArray(large))));
        assertThat(chunked.statusCode()).isEqualTo(413);
        assertThat(chunked.body()).contains("BODY_TOO_LARGE");
        assertThat(one.seen).isEmpty();
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void body_inManyPieces_arrivesWhole() throws Exception {
        publish(model(7, one));
        var large = new byte[900_000];
        new java.util.Random(1).nextBytes(large);
        var answer = gateway.send(gateway.request("/v2/models/fraud/infer")
                .POST(HttpRequest.BodyPublishers.fromPublisher(HttpRequest.BodyPublishers.ofByteArray(large))));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(one.seen.getFirst().body().getBytes()).isEqualTo(large);
    }

    @Test
    void workersAnswersPassThrough_andA4xxIsNeitherRetriedNorAFault() throws Exception {
        publish(model(7, one, two));
        one.refuses(415, "UNSUPPORTED_MEDIA_TYPE");
        two.refuses(415, "UNSUPPORTED_MEDIA_TYPE");
        for (int i = 0; i < 40; i++) {
            var answer = gateway.infer("fraud");
            assertThat(answer.statusCode()).isEqualTo(415);
            assertThat(answer.body()).contains("refuses");
        }
        assertThat(one.seen.size() + two.seen.size()).isEqualTo(40);
    }

    @Test
    void refusedByOneReplica_isAnsweredByTheOther() throws Exception {
        publish(model(7, one, two));
        for (String problem : List.of("VERSION_NOT_READY", "SHUTTING_DOWN", "QUEUE_FULL", "VERSION_NOT_FOUND")) {
            one.refuses(problem.equals("VERSION_NOT_FOUND") ? 404 : 503, problem);
            for (int i = 0; i < 6; i++) {
                assertThat(gateway.infer("fraud").body()).isEqualTo("{\"from\":\"w2\"}");
            }
        }
        assertThat(one.seen).isNotEmpty();
    }

    @Test
    void refusedByAll_is503WithRetryAfter() throws Exception {
        publish(model(7, one, two));
        one.refuses(503, "QUEUE_FULL");
        two.refuses(503, "QUEUE_FULL");
        var answer = gateway.infer("fraud");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).contains("1");
        assertThat(one.seen.size() + two.seen.size()).isEqualTo(2);
        one.refuses(404, "MODEL_NOT_FOUND");
        two.refuses(404, "MODEL_NOT_FOUND");
        var notHeld = gateway.infer("fraud");
        assertThat(notHeld.statusCode()).isEqualTo(503);
        assertThat(notHeld.body()).contains("VERSION_NOT_READY");
    }

    @Test
    void connectionThatBreaksBeforeAnAnswer_isRetriedElsewhere() throws Exception {
        publish(model(7, one, two));
        one.does(_ -> {});
        for (int i = 0; i < 8; i++) {
            assertThat(gateway.infer("fraud").body()).isEqualTo("{\"from\":\"w2\"}");
        }
        assertThat(one.seen).isNotEmpty();
    }

    @Test
    void connectionThatBreaks_whereThereIsNoOtherReplica_isTriedOnceMoreOnTheSame() throws Exception {
        publish(model(7, one));
        one.does(exchange -> {
            if (one.seen.size() > 1) {
                FakeWorker.answer(exchange, 200, "{}");
            }
        });
        assertThat(gateway.infer("fraud").statusCode()).isEqualTo(200);
        one.does(_ -> {});
        one.seen.clear();
        var broken = gateway.infer("fraud");
        assertThat(broken.statusCode()).isEqualTo(502);
        assertThat(broken.body()).contains("UPSTREAM_FAILED");
        assertThat(one.seen).hasSize(2);
    }

    @Test
    void bodiesInFlight_areBounded() throws Exception {
        publish(model(7, one));
        var arrived = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        one.does(exchange -> {
            arrived.countDown();
            release.await();
            FakeWorker.answer(exchange, 200, "{}");
        });
        var large = HttpRequest.BodyPublishers.ofByteArray(new byte[900_000]);
        var first = gateway.client()
                .sendAsync(
                        gateway.request("/v2/models/fraud/infer").POST(large).build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        var second = gateway.send(gateway.request("/v2/models/fraud/infer").POST(large));
        release.countDown();
        assertThat(second.statusCode()).isEqualTo(503);
        assertThat(second.body()).contains("OVERLOADED");
        assertThat(second.headers().firstValue("Retry-After")).contains("1");
        assertThat(first.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }

    @Test
    void workerThatIsGone_isPassedBy() throws Exception {
        publish(model(7, one, two));
        one.close();
        for (int i = 0; i < 8; i++) {
            assertThat(gateway.infer("fraud").body()).isEqualTo("{\"from\":\"w2\"}");
        }
    }

    @Test
    void answerThatBreaksAfterItBegan_isNotRetried() throws Exception {
        publish(model(7, one, two));
        FakeWorker.Behaviour breaks = exchange -> {
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write(new byte[10]);
            exchange.getResponseBody().flush();
            throw new java.io.IOException("breaks on purpose");
        };
        one.does(breaks);
        two.does(breaks);
        var answer = gateway.infer("fraud");
        assertThat(answer.statusCode()).isEqualTo(502);
        assertThat(answer.body()).contains("UPSTREAM_FAILED");
        assertThat(one.seen.size() + two.seen.size()).isEqualTo(1);
    }

    @Test
    void largeAnswer_isStreamedWhole() throws Exception {
        publish(model(7, one));
        one.does(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            for (int i = 0; i < 100; i++) {
                exchange.getResponseBody().write(new byte[50_000]);
            }
        });
        assertThat(gateway.infer("fraud").body()).hasSize(5_000_000);
    }

    @Test
    void deadlinePassed_is504_andTheWorkersConnectionIsClosed() throws Exception {
        publish(model(7, one));
        var release = new CountDownLatch(1);
        var closed = new CountDownLatch(1);
        one.does(exchange -> {
            release.await();
            try {
                for (int i = 0; i < 100; i++) {
                    exchange.sendResponseHeaders(200, 0);
                    exchange.getResponseBody().write(new byte[1_000_000]);
                    exchange.getResponseBody().flush();
                }
            } catch (java.io.IOException e) {
                closed.countDown();
            }
        });
        var answer = gateway.infer("fraud", "Presage-Timeout-Ms", "100");
        release.countDown();
        assertThat(answer.statusCode()).isEqualTo(504);
        assertThat(answer.body()).contains("DEADLINE_EXCEEDED");
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(gateway.infer("fraud", "Presage-Timeout-Ms", "0").statusCode())
                .isEqualTo(400);
        assertThat(gateway.infer("fraud", "Presage-Timeout-Ms", "600001").statusCode())
                .isEqualTo(400);
    }

    @Test
    void clientThatGoesAway_cancelsItsCall() throws Exception {
        publish(model(7, one));
        var arrived = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        one.does(exchange -> {
            arrived.countDown();
            release.await();
        });
        double before = Math.max(0, gateway.metric("presage_gateway_request_duration_seconds", "outcome", "cancelled"));
        try (var socket = new java.net.Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
            socket.getOutputStream()
                    .write(("POST /v2/models/fraud/infer HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + Gateway.KEY
                                    + "\r\nContent-Length: 2\r\n\r\n{}")
                            .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        }
        Gateway.await(
                "the cancellation",
                () -> gateway.metric("presage_gateway_request_duration_seconds", "outcome", "cancelled") == before + 1);
        Gateway.await("the permit", () -> gateway.metric("presage_gateway_replica_in_flight", "worker", "w1") == 0);
        release.countDown();
    }

    @Test
    void versionThatMovedMeanwhile_isFollowedOnce() throws Exception {
        publish(model(7, one));
        one.does(exchange -> {
            publish(new RoutingTable.Model(
                    "fraud",
                    List.of(new RoutingTable.Target(8, 10_000)),
                    List.of(new RoutingTable.Version(8, List.of("w2"))),
                    Map.of("champion", 8)));
            exchange.getResponseHeaders().set("Presage-Problem", "VERSION_NOT_READY");
            FakeWorker.answer(exchange, 503, "{}");
        });
        var answer = gateway.infer("fraud");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Presage-Model-Version")).contains("8");
    }

    @Test
    void stickyKey_staysOnItsSide_andTheSplitHolds() throws Exception {
        publish(new RoutingTable.Model(
                "fraud",
                List.of(new RoutingTable.Target(1, 9000), new RoutingTable.Target(2, 1000)),
                List.of(new RoutingTable.Version(1, List.of("w1")), new RoutingTable.Version(2, List.of("w2"))),
                Map.of("champion", 1)));
        int candidate = 0;
        for (int i = 0; i < 400; i++) {
            var answer = gateway.infer("fraud", "Presage-Sticky-Key", "user-" + i % 200);
            String version =
                    answer.headers().firstValue("Presage-Model-Version").orElseThrow();
            assertThat(answer.body()).isEqualTo("{\"from\":\"w" + version + "\"}");
            candidate += version.equals("2") ? 1 : 0;
        }
        // 200 keys, twice each: an even number, and about 40.
        assertThat(candidate % 2).isZero();
        assertThat(candidate).isBetween(10, 80);
        assertThat(gateway.infer("fraud", "Presage-Sticky-Key", "x".repeat(257)).statusCode())
                .isEqualTo(400);
    }

    @Test
    void versionWithoutReplicas_is503() throws Exception {
        publish(new RoutingTable.Model(
                "fraud",
                List.of(new RoutingTable.Target(1, 10_000)),
                List.of(new RoutingTable.Version(1, List.of("w1")), new RoutingTable.Version(2, List.of())),
                Map.of("champion", 1)));
        var answer = gateway.infer("fraud/versions/2");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("VERSION_NOT_READY", "fraud/2");
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        assertThat(gateway.get("/v2/models/fraud/ready").body()).isEqualTo("{\"name\":\"fraud\",\"ready\":true}");
        assertThat(gateway.get("/v2/models/fraud/versions/2/ready").statusCode())
                .isEqualTo(503);
        var index = gateway.send(
                gateway.request("/v2/repository/index").POST(HttpRequest.BodyPublishers.ofString("{\"ready\":true}")));
        assertThat(index.body())
                .isEqualTo("[{\"name\":\"fraud\",\"version\":\"1\",\"state\":\"READY\",\"reason\":\"\"}]");
        var all = gateway.send(gateway.request("/v2/repository/index").POST(HttpRequest.BodyPublishers.noBody()));
        assertThat(all.body()).contains("\"version\":\"2\",\"state\":\"UNAVAILABLE\"");
        assertThat(gateway.send(gateway.request("/v2/repository/index").POST(HttpRequest.BodyPublishers.ofString("[")))
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void metadata_isAskedOfTheActiveVersionsReplica() throws Exception {
        publish(model(7, one));
        one.does(exchange -> FakeWorker.answer(exchange, 200, "{\"name\":\"fraud\"}"));
        assertThat(gateway.get("/v2/models/fraud").body()).isEqualTo("{\"name\":\"fraud\"}");
        assertThat(one.seen.getFirst().path()).isEqualTo("/v2/models/fraud/versions/7");
    }

    @Test
    void serverPathsAnswer() throws Exception {
        publish(model(7, one));
        assertThat(gateway.get("/v2").body()).startsWith("{\"name\":\"presage\",\"version\":\"");
        assertThat(gateway.get("/v2/").body()).contains("binary_tensor_data");
        assertThat(gateway.get("/v2/health/live").body()).isEqualTo("{\"live\":true}");
        assertThat(gateway.get("/v2/health/ready").body()).isEqualTo("{\"ready\":true}");
        assertThat(gateway.get("/").body()).contains("presage");
    }

    @Test
    void managementPort_tellsHealthAndMetrics() throws Exception {
        publish(model(7, one));
        gateway.infer("fraud");
        String base = "http://127.0.0.1:" + gateway.managementPort();
        for (var entry : Map.of(
                        "/actuator/health/liveness", "UP",
                        "/actuator/health/readiness", "UP",
                        "/actuator/prometheus", "presage_gateway_request_duration_seconds_bucket{model=\"fraud\"")
                .entrySet()) {
            var answer = gateway.client()
                    .send(
                            HttpRequest.newBuilder(java.net.URI.create(base + entry.getKey()))
                                    .timeout(Duration.ofSeconds(10))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.body()).contains(entry.getValue());
        }
    }
}
