package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingTable;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What the gateway asks of all replicas of a version, and of one.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewayStatisticsTest {
    private static final String SCOPED = "presage_ssssssssssss_x";

    private FakeRegistry registry;
    private Gateway gateway;
    private FakeWorker one;
    private FakeWorker two;
    private long revision = 1;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new FakeRegistry();
        registry.publish(new RoutingTable(1, List.of(), List.of(), List.of()));
        gateway = new Gateway(registry.port(), data);
    }

    @AfterAll
    void stop() {
        gateway.close();
        registry.close();
    }

    @BeforeEach
    void publish() throws Exception {
        one = new FakeWorker("w1").does(exchange -> FakeWorker.answer(exchange, 200, stats(3)));
        two = new FakeWorker("w2").does(exchange -> FakeWorker.answer(exchange, 200, stats(4)));
        revision++;
        registry.publish(Gateway.table(
                revision,
                List.of(
                        new RoutingTable.Model(
                                "m",
                                List.of(new RoutingTable.Target(2, 10_000)),
                                List.of(
                                        new RoutingTable.Version(1, Gateway.ids(one)),
                                        new RoutingTable.Version(2, Gateway.ids(one, two)),
                                        new RoutingTable.Version(3, List.of())),
                                Map.of("champion", 2)),
                        new RoutingTable.Model("other", List.of(), List.of(), Map.of())),
                List.of(
                        Gateway.key(Gateway.KEY, "aaaaaaaaaaaa", Set.of(Role.PREDICT), Set.of(), null),
                        Gateway.key(SCOPED, "ssssssssssss", Set.of(Role.PREDICT), Set.of("other"), null)),
                one,
                two));
        gateway.awaitRevision(revision);
    }

    @AfterEach
    void stopWorkers() {
        one.close();
        two.close();
    }

    private static String stats(int rows) {
        return "{\"model_stats\":[{\"name\":\"m\",\"version\":\"2\",\"last_inference\":1,\"inference_count\":" + rows
                + ",\"execution_count\":1,\"inference_stats\":{},\"batch_stats\":[]}]}";
    }

    @Test
    void statistics_areAskedOfEveryReplica_andAddedUp() throws Exception {
        var answer = gateway.get("/v2/models/m/versions/champion/stats");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body())
                .contains("\"inference_count\":7")
                .contains("\"replicas\":{\"asked\":2,\"answered\":2}");
        assertThat(one.seen.getFirst().path()).isEqualTo("/v2/models/m/versions/2/stats");
        assertThat(one.seen.getFirst().header("Presage-Service-Secret")).isEqualTo(FakeRegistry.SECRET);
        assertThat(two.seen).hasSize(1);
    }

    @Test
    void statistics_ofAModelOrOfAll_askEachWorkerOnce() throws Exception {
        assertThat(gateway.get("/v2/models/m/stats").body()).contains("\"inference_count\":7");
        assertThat(gateway.get("/v2/models/stats").body()).contains("\"inference_count\":7");
        assertThat(one.seen.stream().map(FakeWorker.Seen::path))
                .containsExactly("/v2/models/m/stats", "/v2/models/stats");
    }

    @Test
    void workersThatDoNotAnswer_areToldByNumber() throws Exception {
        two.refuses(404, "MODEL_NOT_FOUND");
        assertThat(gateway.get("/v2/models/m/stats").body())
                .contains("\"inference_count\":3")
                .contains("\"replicas\":{\"asked\":2,\"answered\":1}");

        var later = new CountDownLatch(1);
        two.does(_ -> later.await());
        var late = gateway.send(gateway.request("/v2/models/m/stats").header("Presage-Timeout-Ms", "300"));
        later.countDown();
        assertThat(late.statusCode()).as(late.body()).isEqualTo(200);
        assertThat(late.body()).contains("\"replicas\":{\"asked\":2,\"answered\":1}");

        one.refuses(503, "SHUTTING_DOWN");
        two.refuses(500, "INTERNAL");
        var none = gateway.get("/v2/models/m/stats");
        assertThat(none.statusCode()).isEqualTo(502);
        assertThat(none.body()).contains("UPSTREAM_FAILED");
    }

    @Test
    void statistics_needAKeyForTheModel_andAModelThatIsThere() throws Exception {
        var scoped = gateway.request("/v2/models/m/stats").setHeader("Authorization", "Bearer " + SCOPED);
        assertThat(gateway.send(scoped).statusCode()).isEqualTo(403);
        var all = gateway.request("/v2/models/stats").setHeader("Authorization", "Bearer " + SCOPED);
        assertThat(gateway.send(all).body()).startsWith("{\"model_stats\":[]");
        assertThat(gateway.get("/v2/models/nobody/stats").statusCode()).isEqualTo(404);
        assertThat(gateway.get("/v2/models/m/versions/9/stats").statusCode()).isEqualTo(404);
        var unready = gateway.get("/v2/models/m/versions/3/stats");
        assertThat(unready.statusCode()).isEqualTo(503);
        assertThat(unready.headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void configuration_isTheActiveVersions() throws Exception {
        two.does(exchange -> FakeWorker.answer(exchange, 200, "{\"name\":\"m\",\"max_batch_size\":8}"));
        one.does(exchange -> FakeWorker.answer(exchange, 200, "{\"name\":\"m\",\"max_batch_size\":8}"));
        assertThat(gateway.get("/v2/models/m/config").body()).isEqualTo("{\"name\":\"m\",\"max_batch_size\":8}");
        assertThat(one.seen.size() + two.seen.size()).isEqualTo(1);
        var seen = one.seen.isEmpty() ? two.seen.getFirst() : one.seen.getFirst();
        assertThat(seen.path()).isEqualTo("/v2/models/m/versions/2/config");
    }

    @Test
    void compressedBodies_passAsTheyAre() throws Exception {
        var sent = new byte[] {31, -117, 8, 0, 1, 2, 3};
        one.does(exchange -> {
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            exchange.getResponseHeaders().set("Vary", "Accept-Encoding");
            FakeWorker.answer(exchange, 200, "packed");
        });
        var answer = gateway.send(gateway.request("/v2/models/m/versions/1/infer")
                .header("Content-Encoding", "gzip")
                .header("Accept-Encoding", "gzip, deflate")
                .header("Inference-Header-Content-Length", "17")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofByteArray(sent)));

        assertThat(answer.body()).isEqualTo("packed");
        assertThat(answer.headers().firstValue("Content-Encoding")).contains("gzip");
        assertThat(answer.headers().firstValue("Vary")).contains("Accept-Encoding");
        var seen = one.seen.getFirst();
        assertThat(seen.body().getBytes()).isEqualTo(sent);
        assertThat(seen.header("Content-Encoding")).isEqualTo("gzip");
        assertThat(seen.header("Accept-Encoding")).isEqualTo("gzip, deflate");
        assertThat(seen.header("Inference-Header-Content-Length")).isEqualTo("17");
    }

    @Test
    void extensions_areListed() throws Exception {
        assertThat(gateway.get("/v2").body())
                .endsWith("\"extensions\":[\"binary_tensor_data\",\"model_configuration\",\"model_repository\","
                        + "\"statistics\"]}");
    }
}
