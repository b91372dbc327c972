package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingTable;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What stands between a call and a worker: the version's limit, the waiting room, ejections and hedges.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewayTrafficTest {
    private static final RoutingTable.Loading SOON = new RoutingTable.Loading(2500);

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
                "gateway.replicas.concurrency.min=4",
                "gateway.replicas.concurrency.initial=4",
                "gateway.replicas.concurrency.max=4",
                "gateway.replicas.concurrency.high-percent=25",
                "gateway.replicas.concurrency.normal-percent=0",
                "gateway.replicas.concurrency.low-percent=0",
                "gateway.replicas.circuit-calls-min=20",
                "gateway.replicas.ejection.consecutive-failures=2",
                "gateway.replicas.ejection.time=1m",
                "gateway.hedging.enabled=true",
                "gateway.hedging.delay-min=30ms",
                "gateway.waiting.calls-max=3");
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

    /// Each test has a version of its own, or it would find what another has left.
    private void publish(int version, RoutingTable.@Nullable Loading loading, FakeWorker... workers) {
        revision++;
        registry.publish(Gateway.table(
                revision,
                List.of(new RoutingTable.Model(
                        "fraud",
                        List.of(new RoutingTable.Target(version, 10_000)),
                        List.of(new RoutingTable.Version(version, Gateway.ids(workers), null, loading)),
                        Map.of("champion", version))),
                List.of(Gateway.key(Gateway.KEY, "aaaaaaaaaaaa", Set.of(Role.PREDICT), Set.of(), null)),
                one,
                two));
        gateway.awaitRevision(revision);
    }

    private CompletableFuture<HttpResponse<String>> inferLater(String... headers) {
        var request = gateway.request("/v2/models/fraud/infer").POST(HttpRequest.BodyPublishers.ofString("{}"));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return gateway.client().sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static int status(CompletableFuture<HttpResponse<String>> answer) throws Exception {
        return answer.get(20, TimeUnit.SECONDS).statusCode();
    }

    private double waiting() {
        return gateway.metric("presage_gateway_waiting_calls");
    }

    @Test
    void callBeyondTheLimit_isRefused_butNotOneOfReservedPriority() throws Exception {
        publish(1, null, one);
        var arrived = new CountDownLatch(3);
        var release = new CountDownLatch(1);
        one.does(exchange -> {
            arrived.countDown();
            release.await();
            FakeWorker.answer(exchange, 200, "{}");
        });
        List<CompletableFuture<HttpResponse<String>>> held = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            held.add(inferLater());
        }
        Gateway.await(
                "both in flight",
                () -> gateway.metric("presage_gateway_target_in_flight", "model", "fraud", "version", "1") == 2);
        var refused = gateway.infer("fraud");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("OVERLOADED", "fraud/1");
        assertThat(refused.headers().firstValue("Retry-After")).contains("1");
        held.add(inferLater("Presage-Priority", "high"));
        assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(gateway.metric("presage_gateway_target_limited_total", "priority", "normal"))
                .isEqualTo(1);
        assertThat(gateway.metric("presage_gateway_target_limit", "model", "fraud", "version", "1"))
                .isEqualTo(4);
        release.countDown();
        for (var answer : held) {
            assertThat(status(answer)).isEqualTo(200);
        }
        Gateway.await(
                "the permits",
                () -> gateway.metric("presage_gateway_target_in_flight", "model", "fraud", "version", "1") == 0);
    }

    @Test
    void callsForAVersionThatIsBeingLoaded_wait_andGoOnWhenItIsReady() throws Exception {
        publish(2, SOON);
        var waiting = List.of(inferLater(), inferLater(), inferLater());
        Gateway.await("three that wait", () -> waiting() == 3);
        var full = gateway.infer("fraud");
        assertThat(full.statusCode()).isEqualTo(503);
        assertThat(full.body()).contains("VERSION_NOT_READY", "is being loaded");
        assertThat(full.headers().firstValue("Retry-After")).contains("3");
        publish(2, null, one);
        for (var answer : waiting) {
            assertThat(status(answer)).isEqualTo(200);
        }
        assertThat(waiting()).isZero();
        assertThat(one.seen).hasSize(3);
    }

    @Test
    void wait_endsWithTheDeadline_theLoad_orTheClient() throws Exception {
        publish(3, SOON);
        var late = gateway.infer("fraud", "Presage-Timeout-Ms", "50");
        assertThat(late.statusCode()).isEqualTo(504);
        assertThat(waiting()).isZero();
        var gone = inferLater();
        var failing = inferLater();
        Gateway.await("two that wait", () -> waiting() == 2);
        gone.cancel(true);
        Gateway.await("the other", () -> waiting() == 1);
        publish(3, null);
        assertThat(status(failing)).isEqualTo(503);
        assertThat(failing.get().body()).contains("VERSION_NOT_READY");
        assertThat(failing.get().headers().firstValue("Retry-After")).contains("10");
        assertThat(waiting()).isZero();
    }

    @Test
    void versionThatItsWorkerLoadsAnew_isWaitedFor() throws Exception {
        publish(4, null, one);
        one.does(exchange -> {
            publish(4, SOON);
            exchange.getResponseHeaders().set("Presage-Problem", "VERSION_NOT_READY");
            FakeWorker.answer(exchange, 503, "{}");
        });
        var answer = inferLater();
        Gateway.await("the wait", () -> waiting() == 1);
        publish(4, null, two);
        assertThat(answer.get(20, TimeUnit.SECONDS).body()).isEqualTo("{\"from\":\"w2\"}");
    }

    @Test
    void replicaThatFails_isEjected() throws Exception {
        publish(5, null, one, two);
        one.does(_ -> {});
        for (int i = 0; i < 20; i++) {
            assertThat(gateway.infer("fraud").statusCode()).isEqualTo(200);
        }
        assertThat(one.seen).hasSize(2);
        assertThat(gateway.metric("presage_gateway_target_ejected", "model", "fraud", "version", "5"))
                .isEqualTo(1);
        assertThat(gateway.metric("presage_gateway_ejections_total", "cause", "consecutive"))
                .isEqualTo(1);
        publish(5, null, one);
        one.does(exchange -> FakeWorker.answer(exchange, 200, "{}"));
        assertThat(gateway.infer("fraud").statusCode())
                .as("the only one left is called")
                .isEqualTo(200);
    }

    @Test
    void slowCall_isHedged_andTheFirstAnswerCounts() throws Exception {
        publish(6, null, one, two);
        for (int i = 0; i < 40; i++) {
            assertThat(gateway.infer("fraud").statusCode()).isEqualTo(200);
        }
        var release = new CountDownLatch(1);
        one.does(exchange -> {
            release.await();
            FakeWorker.answer(exchange, 200, "{\"from\":\"late\"}");
        });
        for (int i = 0; i < 6; i++) {
            assertThat(gateway.infer("fraud").body()).isEqualTo("{\"from\":\"w2\"}");
        }
        release.countDown();
        assertThat(gateway.metric("presage_gateway_retries_total", "reason", "hedge"))
                .isPositive();
        Gateway.await("the permits", () -> gateway.metric("presage_gateway_replica_in_flight", "worker", "w1") == 0);
    }

    @Test
    void versionThatIsGone_isForgotten() throws Exception {
        publish(7, null, one);
        gateway.infer("fraud");
        assertThat(gateway.metric("presage_gateway_target_limit", "model", "fraud", "version", "7"))
                .isEqualTo(4);
        publish(8, null, one);
        Gateway.await(
                "its end",
                () -> gateway.metric("presage_gateway_target_limit", "model", "fraud", "version", "7") == -1);
    }
}
