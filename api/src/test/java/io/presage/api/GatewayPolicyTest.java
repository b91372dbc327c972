package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.ShadowReport;
import io.presage.contract.state.TrafficPolicy;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Rules, sticky calls, shadows and the cache, at a whole gateway. Version 1 is on worker `w1`, version 2 on `w2`.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewayPolicyTest {
    private static final String OTHER = "presage_oooooooooooo_x";
    private static final String ANSWER = """
            {"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"data":[%s]}]}""";

    private FakeRegistry registry;
    private Gateway gateway;
    private FakeWorker one;
    private FakeWorker two;
    private long revision = 1;
    /// A model of its own for each test, so that nothing is remembered.
    private String name = "";

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new FakeRegistry();
        registry.publish(new RoutingTable(1, List.of(), List.of(), List.of()));
        gateway = new Gateway(
                registry.port(),
                data,
                "gateway.http.event-loops=2",
                "gateway.http.body-bytes-max=1MB",
                "gateway.http.body-bytes-in-flight-max=1MB",
                "gateway.shadow.report-every=100ms");
    }

    @BeforeEach
    void workers() throws Exception {
        one = new FakeWorker("w1").does(exchange -> FakeWorker.answer(exchange, 200, ANSWER.formatted("0.1,0.9")));
        two = new FakeWorker("w2").does(exchange -> FakeWorker.answer(exchange, 200, ANSWER.formatted("0.9,0.1")));
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

    private void publish(int candidateWeight, TrafficPolicy policy) {
        name = "model-" + (revision + 1);
        publishAgain(1, candidateWeight, policy);
    }

    /// The same model once more. The candidate is version 2.
    private void publishAgain(int active, int candidateWeight, TrafficPolicy policy) {
        revision++;
        var targets = candidateWeight == 0
                ? List.of(new RoutingTable.Target(active, 10_000))
                : List.of(
                        new RoutingTable.Target(active, 10_000 - candidateWeight),
                        new RoutingTable.Target(2, candidateWeight));
        var model = new RoutingTable.Model(
                name,
                targets,
                List.of(
                        new RoutingTable.Version(1, List.of("w1"), "aa"),
                        new RoutingTable.Version(2, List.of("w2"), "bb")),
                Map.of("champion", active, "beta", 2),
                policy);
        registry.publish(Gateway.table(
                revision,
                List.of(model),
                List.of(
                        Gateway.key(Gateway.KEY, "aaaaaaaaaaaa", Set.of(Role.PREDICT), Set.of(), null),
                        Gateway.key(OTHER, "oooooooooooo", Set.of(Role.PREDICT), "others")),
                one,
                two));
        gateway.awaitRevision(revision);
    }

    private void publish(TrafficPolicy policy) {
        publish(0, policy);
    }

    private static TrafficPolicy shadow(int share, int inFlightMax) {
        return new TrafficPolicy(null, List.of(), new TrafficPolicy.Shadow(2, share, 0.001, inFlightMax), null);
    }

    private static TrafficPolicy cache(long maxAgeMillis) {
        return new TrafficPolicy(null, List.of(), null, new TrafficPolicy.Cache(maxAgeMillis, 1_000_000));
    }

    private static String version(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.headers().firstValue("Presage-Model-Version").orElseThrow();
    }

    private static String cached(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.headers().firstValue("Presage-Cache").orElse("no");
    }

    private double shadowCalls(String result) {
        return gateway.metric("presage_gateway_shadow_calls_total", "model", name, "result", result);
    }

    private ShadowReport.@Nullable Pair reported() {
        return registry.shadowReports.stream()
                .flatMap(report -> report.pairs().stream())
                .filter(pair -> pair.model().equals(name))
                .findFirst()
                .orElse(null);
    }

    @Test
    void rules_sendToVersionsAndAliases() throws Exception {
        publish(new TrafficPolicy(
                null,
                List.of(
                        new TrafficPolicy.Rule("X-Ring", "beta", "beta"),
                        new TrafficPolicy.Rule("X-Ring", "lost", "gone")),
                null,
                null));
        assertThat(version(gateway.infer(name))).isEqualTo("1");
        assertThat(version(gateway.infer(name, "x-ring", "beta"))).isEqualTo("2");
        assertThat(version(gateway.infer(name + "/versions/1", "X-Ring", "beta")))
                .isEqualTo("1");
        var lost = gateway.infer(name, "X-Ring", "lost");
        assertThat(lost.statusCode()).isEqualTo(404);
        assertThat(lost.body()).contains("VERSION_NOT_FOUND");
    }

    @Test
    void sticky_keepsUsersTogether() throws Exception {
        publish(
                5_000,
                new TrafficPolicy(new TrafficPolicy.Sticky(TrafficPolicy.By.COOKIE, "sid"), List.of(), null, null));
        var users = new HashSet<String>();
        for (int user = 0; user < 8; user++) {
            var seen = new HashSet<String>();
            for (int call = 0; call < 4; call++) {
                seen.add(version(gateway.infer(name, "Cookie", "a=b; sid=u" + user)));
            }
            assertThat(seen).hasSize(1);
            users.addAll(seen);
        }
        assertThat(users).containsExactlyInAnyOrder("1", "2");
    }

    @Test
    void shadow_isAskedTheSame_comparedAndReported() throws Exception {
        publish(shadow(10_000, 8));
        var answer = gateway.infer(
                name,
                "X-Request-Id",
                "r-7",
                "Presage-Priority",
                "high",
                "Accept-Encoding",
                "gzip",
                "Content-Type",
                "application/json");
        assertThat(answer.body()).isEqualTo(ANSWER.formatted("0.1,0.9"));
        assertThat(version(answer)).isEqualTo("1");
        Gateway.await("the comparison", () -> shadowCalls("different") == 1);
        var seen = two.seen.getFirst();
        assertThat(seen.path()).isEqualTo("/v2/models/" + name + "/versions/2/infer");
        assertThat(seen.body().toString()).isEqualTo("{\"x\":1}");
        assertThat(seen.header("X-Request-Id")).isEqualTo("r-7");
        assertThat(seen.header("Presage-Priority")).isEqualTo("low");
        assertThat(seen.header("Content-Type")).isEqualTo("application/json");
        assertThat(seen.header("Accept-Encoding")).isEmpty();
        assertThat(seen.header("Presage-Service-Secret")).isEqualTo(FakeRegistry.SECRET);
        Gateway.await("the report", () -> reported() != null);
        var pair = Objects.requireNonNull(reported());
        assertThat(pair.version()).isEqualTo(1);
        assertThat(pair.shadow()).isEqualTo(2);
        assertThat(pair.topChanged()).isEqualTo(1);
        assertThat(pair.differenceMax()).isBetween(0.79, 0.81);
        assertThat(pair.shadowNanos()).isPositive();
        Gateway.await(
                "all is given back",
                () -> gateway.metric("presage_gateway_shadow_in_flight") == 0
                        && gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void shadowThatFails_isNobodysProblem() throws Exception {
        publish(shadow(10_000, 8));
        two.does(exchange -> FakeWorker.answer(exchange, 500, "{}"));
        for (int i = 0; i < 30; i++) {
            assertThat(version(gateway.infer(name))).isEqualTo("1");
            int calls = i + 1;
            Gateway.await("shadow " + calls, () -> shadowCalls("failed") == calls);
        }
        // Its worker's circuit was told nothing: calls of its own go there.
        two.does(exchange -> FakeWorker.answer(exchange, 200, "{}"));
        assertThat(version(gateway.infer(name + "/versions/2"))).isEqualTo("2");
        two.close();
        assertThat(version(gateway.infer(name))).isEqualTo("1");
        Gateway.await("the unreachable one", () -> shadowCalls("failed") == 31);
    }

    @Test
    void shadowsInFlight_areBounded_andDelayNobody() throws Exception {
        var mayAnswer = new CountDownLatch(1);
        two.does(exchange -> {
            mayAnswer.await();
            FakeWorker.answer(exchange, 200, ANSWER.formatted("0.1,0.9"));
        });
        publish(shadow(10_000, 2));
        for (int i = 0; i < 5; i++) {
            assertThat(version(gateway.infer(name))).isEqualTo("1");
        }
        assertThat(shadowCalls("dropped")).isEqualTo(3);
        mayAnswer.countDown();
        Gateway.await("both", () -> shadowCalls("same") == 2);
        assertThat(two.seen).hasSize(2);
    }

    @Test
    void largeBodies_leaveNoRoomForShadows() throws Exception {
        publish(shadow(10_000, 8));
        var answer = gateway.send(gateway.request("/v2/models/" + name + "/infer")
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[400_000])));
        assertThat(version(answer)).isEqualTo("1");
        assertThat(shadowCalls("dropped")).isEqualTo(1);
        assertThat(two.seen).isEmpty();
    }

    @Test
    void pinnedCalls_andFailedOnes_haveNoShadow() throws Exception {
        publish(shadow(10_000, 8));
        gateway.infer(name + "/versions/1");
        one.does(exchange -> FakeWorker.answer(exchange, 400, "{\"error\":\"no\"}"));
        assertThat(gateway.infer(name).statusCode()).isEqualTo(400);
        assertThat(two.seen).isEmpty();
        Gateway.await("room", () -> gateway.metric("presage_gateway_shadow_in_flight") == 0);
    }

    @Test
    void shadowShare_isAboutRequests() throws Exception {
        publish(shadow(3_000, 100));
        for (int i = 0; i < 100; i++) {
            gateway.infer(name, "X-Request-Id", "r" + i);
        }
        Gateway.await("an end", () -> gateway.metric("presage_gateway_shadow_in_flight") == 0);
        int asked = two.seen.size();
        assertThat(asked).isBetween(10, 50);
        gateway.infer(name, "X-Request-Id", two.seen.getFirst().header("X-Request-Id"));
        Gateway.await("the same once more", () -> two.seen.size() == asked + 1);
    }

    @Test
    void cache_answersAgain_withoutAWorker() throws Exception {
        one.does(exchange -> {
            exchange.getResponseHeaders().set("Presage-Rows", "1");
            FakeWorker.answer(exchange, 200, "{\"n\":" + one.seen.size() + "}");
        });
        publish(cache(600_000));
        assertThat(cached(gateway.infer(name))).isEqualTo("no");
        var again = gateway.infer(name, "X-Request-Id", "mine");
        assertThat(cached(again)).isEqualTo("hit");
        assertThat(again.body()).isEqualTo("{\"n\":1}");
        assertThat(version(again)).isEqualTo("1");
        assertThat(again.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(again.headers().firstValue("X-Request-Id")).contains("mine");
        assertThat(one.seen).hasSize(1);
        // What would have another answer is another call.
        assertThat(cached(gateway.infer(name, "Accept", "text/plain"))).isEqualTo("no");
        assertThat(cached(gateway.infer(name + "/versions/1"))).isEqualTo("no");
        assertThat(cached(gateway.send(gateway.request("/v2/models/" + name + "/infer")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"x\":2}")))))
                .isEqualTo("no");
        assertThat(gateway.metric("presage_gateway_cache_calls_total", "model", name, "result", "hit"))
                .isEqualTo(1);
        assertThat(gateway.metric("presage_gateway_cache_bytes")).isPositive();
        assertThat(gateway.metric("presage_gateway_body_bytes_in_flight")).isZero();
    }

    @Test
    void cache_isNotSharedWithOtherTenants_andNeedsAKey() throws Exception {
        publish(cache(600_000));
        assertThat(cached(gateway.infer(name))).isEqualTo("no");
        var uri = gateway.request("/v2/models/" + name + "/infer").build().uri();
        for (var expected : Map.of(OTHER, 200, "presage_zzzzzzzzzzzz_x", 401).entrySet()) {
            var answer = gateway.client()
                    .send(
                            HttpRequest.newBuilder(uri)
                                    .header("X-API-Key", expected.getKey())
                                    .POST(HttpRequest.BodyPublishers.ofString("{\"x\":1}"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(expected.getValue());
            assertThat(answer.headers().firstValue("Presage-Cache")).isEmpty();
        }
        assertThat(one.seen).hasSize(2);
    }

    @Test
    void errors_areNotKept() throws Exception {
        one.does(exchange -> FakeWorker.answer(exchange, 400, "{\"error\":\"no\"}"));
        publish(cache(600_000));
        gateway.infer(name);
        gateway.infer(name);
        assertThat(one.seen).hasSize(2);
    }

    @Test
    void policyWithoutACache_forgets() throws Exception {
        publish(cache(600_000));
        gateway.infer(name);
        publish(TrafficPolicy.NONE);
        awaitNothingKept();
    }

    private void awaitNothingKept() {
        Gateway.await("empty", () -> gateway.metric("presage_gateway_cache_bytes") == 0);
    }

    /// Waits until `count` calls of the model wait for the answer to another.
    private void awaitJoined(int count) {
        Gateway.await(
                count + " joined",
                () -> gateway.metric("presage_gateway_cache_calls_total", "model", name, "result", "joined") == count);
    }

    private CompletableFuture<HttpResponse<String>> inferring(String... headers) {
        var request =
                gateway.request("/v2/models/" + name + "/infer").POST(HttpRequest.BodyPublishers.ofString("{\"x\":1}"));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return gateway.client().sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void identicalCallsInFlight_areComputedOnce() throws Exception {
        var mayAnswer = new CountDownLatch(1);
        one.does(exchange -> {
            mayAnswer.await();
            FakeWorker.answer(exchange, 200, "{\"n\":" + one.seen.size() + "}");
        });
        publish(cache(600_000));
        var first = inferring();
        Gateway.await("the first", () -> one.seen.size() == 1);
        var others = List.of(inferring(), inferring(), inferring(), inferring());
        awaitJoined(4);
        mayAnswer.countDown();
        assertThat(cached(first.get())).isEqualTo("no");
        for (var other : others) {
            assertThat(cached(other.get())).isEqualTo("joined");
            assertThat(other.get().body()).isEqualTo("{\"n\":1}");
        }
        assertThat(one.seen).hasSize(1);
    }

    @Test
    void firstThatFails_letsTheOthersGo_eachItsOwnWay() throws Exception {
        var mayAnswer = new CountDownLatch(1);
        var calls = new AtomicInteger();
        one.does(exchange -> {
            boolean isFirst = calls.incrementAndGet() == 1;
            mayAnswer.await();
            FakeWorker.answer(exchange, isFirst ? 400 : 200, "{}");
        });
        publish(cache(600_000));
        var first = inferring();
        Gateway.await("the first", () -> one.seen.size() == 1);
        var second = inferring();
        awaitJoined(1);
        mayAnswer.countDown();
        assertThat(first.get().statusCode()).isEqualTo(400);
        assertThat(cached(second.get())).isEqualTo("no");
        assertThat(one.seen).hasSize(2);
    }

    @Test
    void deadlinesStayTheirOwn() throws Exception {
        var mayAnswer = new CountDownLatch(1);
        one.does(exchange -> {
            mayAnswer.await();
            FakeWorker.answer(exchange, 200, "{}");
        });
        publish(cache(600_000));
        var first = inferring();
        Gateway.await("the first", () -> one.seen.size() == 1);
        var hasty = inferring("Presage-Timeout-Ms", "50");
        assertThat(hasty.get().statusCode()).isEqualTo(504);
        mayAnswer.countDown();
        assertThat(first.get().statusCode()).isEqualTo(200);
        assertThat(one.seen).hasSize(1);
        Gateway.await("room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    /// What a worker does that holds the version no more, when version 2 was promoted while a call was on its way.
    private static void refuseAsNotHeld(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Presage-Problem", "VERSION_NOT_READY");
        FakeWorker.answer(exchange, 503, "{\"error\":\"gone\"}");
    }

    @Test
    void callThatMovesToAnotherVersion_keepsNothing() throws Exception {
        one.does(exchange -> {
            publishAgain(2, 0, cache(600_000));
            refuseAsNotHeld(exchange);
        });
        publish(cache(600_000));
        awaitNothingKept();
        var moved = gateway.infer(name);
        assertThat(version(moved)).isEqualTo("2");
        assertThat(moved.body()).isEqualTo(ANSWER.formatted("0.9,0.1"));
        assertThat(gateway.metric("presage_gateway_cache_bytes"))
                .as("neither under version 1's digest nor under version 2's")
                .isZero();
        assertThat(cached(gateway.infer(name))).isEqualTo("no");
        assertThat(cached(gateway.infer(name))).isEqualTo("hit");
        assertThat(two.seen).hasSize(2);
        one.does(exchange -> FakeWorker.answer(exchange, 200, ANSWER.formatted("0.1,0.9")));
        publishAgain(1, 0, cache(600_000));
        var back = gateway.infer(name);
        assertThat(cached(back)).isEqualTo("no");
        assertThat(version(back)).isEqualTo("1");
        assertThat(back.body()).isEqualTo(ANSWER.formatted("0.1,0.9"));
    }

    @Test
    void thoseWhoWaitForACallThatMoves_goTheirOwnWay() throws Exception {
        var mayRefuse = new CountDownLatch(1);
        one.does(exchange -> {
            mayRefuse.await();
            refuseAsNotHeld(exchange);
        });
        publish(cache(600_000));
        awaitNothingKept();
        var first = inferring();
        Gateway.await("the first", () -> one.seen.size() == 1);
        var second = inferring();
        awaitJoined(1);
        publishAgain(2, 0, cache(600_000));
        mayRefuse.countDown();
        for (var answer : List.of(first, second)) {
            assertThat(version(answer.get())).isEqualTo("2");
            assertThat(cached(answer.get())).isEqualTo("no");
        }
        assertThat(gateway.metric("presage_gateway_cache_bytes")).isZero();
    }

    @Test
    void callThatMovesToAnotherVersion_isNotCompared() throws Exception {
        one.does(exchange -> {
            publishAgain(2, 0, shadow(10_000, 8));
            refuseAsNotHeld(exchange);
        });
        publish(shadow(10_000, 8));
        assertThat(version(gateway.infer(name))).isEqualTo("2");
        Gateway.await("room", () -> gateway.metric("presage_gateway_shadow_in_flight") == 0);
        assertThat(two.seen).hasSize(1);
    }
}
