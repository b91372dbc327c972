package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingChanges;
import io.presage.contract.state.RoutingTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// The gateway follows changes, and never a wrong one.
class GatewayFeedTest {
    private static final RoutingTable.Key KEY =
            Gateway.key(Gateway.KEY, "aaaaaaaaaaaa", Set.of(Role.PREDICT), Set.of(), null);
    private static final String OTHER_KEY = Gateway.KEY.replace("aaaaaaaaaaaa", "bbbbbbbbbbbb");

    @TempDir
    Path data;

    private FakeRegistry registry;
    private FakeWorker worker;
    private FakeWorker second;

    @BeforeEach
    void start() throws Exception {
        registry = new FakeRegistry();
        worker = new FakeWorker("w1");
        second = new FakeWorker("w2");
    }

    @AfterEach
    void stop() {
        registry.close();
        worker.close();
        second.close();
    }

    private RoutingTable.Model model(String name, int version, FakeWorker... on) {
        return new RoutingTable.Model(
                name,
                List.of(new RoutingTable.Target(version, 10_000)),
                List.of(new RoutingTable.Version(version, Gateway.ids(on))),
                Map.of("champion", version));
    }

    private void publish(long revision, RoutingTable.Model... models) {
        registry.publish(Gateway.table(revision, List.of(models), List.of(KEY), worker, second));
    }

    private Gateway gateway(String... settings) {
        return new Gateway(registry.port(), data, settings);
    }

    private static double answers(Gateway gateway, String kind) {
        return gateway.metric("presage_gateway_table_answers_total", "kind", kind);
    }

    private static String version(Gateway gateway, String model) throws Exception {
        var answer = gateway.infer(model);
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.headers().firstValue("Presage-Model-Version").orElseThrow();
    }

    @Test
    void changes_areInForce_andLeaveTheOthersAlone() throws Exception {
        publish(1, model("a", 1, worker), model("b", 1, worker), model("c", 1, worker));
        try (var gateway = gateway().awaitRevision(1)) {
            publish(2, model("a", 1, worker), model("b", 2, second), model("c", 1, worker), model("d", 7, second));
            gateway.awaitRevision(2);
            assertThat(version(gateway, "a")).isEqualTo("1");
            assertThat(version(gateway, "b")).isEqualTo("2");
            assertThat(version(gateway, "d")).isEqualTo("7");
            assertThat(gateway.get("/openai/v1/models").body()).containsSubsequence("\"a\"", "\"b\"", "\"c\"", "\"d\"");
            assertThat(answers(gateway, "changes")).isEqualTo(1);
            assertThat(answers(gateway, "whole")).isEqualTo(1);
        }
    }

    @Test
    void workersAndKeys_comeWithChanges() throws Exception {
        publish(1, model("a", 1, worker));
        try (var gateway = gateway().awaitRevision(1)) {
            worker.close();
            registry.publish(new RoutingTable(
                    2,
                    List.of(model("a", 1, worker)),
                    List.of(new RoutingTable.Worker(worker.id, "127.0.0.1", second.port())),
                    List.of(KEY)));
            gateway.awaitRevision(2);
            assertThat(version(gateway, "a")).isEqualTo("1");
            registry.publish(new RoutingTable(
                    3,
                    List.of(model("a", 1, worker)),
                    List.of(new RoutingTable.Worker(worker.id, "127.0.0.1", second.port())),
                    List.of(Gateway.key(OTHER_KEY, "bbbbbbbbbbbb", Set.of(Role.PREDICT), Set.of(), null))));
            gateway.awaitRevision(3);
            assertThat(gateway.infer("a").statusCode()).isEqualTo(401);
            assertThat(answers(gateway, "changes")).isEqualTo(2);
        }
    }

    @Test
    void changesFromAnotherRevision_areRefused_andTheWholeTableIsFetched() throws Exception {
        publish(1, model("a", 1, worker));
        try (var gateway = gateway().awaitRevision(1)) {
            registry.spoil(changes -> new RoutingChanges(
                    changes.from() - 1,
                    changes.revision(),
                    changes.digest(),
                    changes.models(),
                    changes.workers(),
                    changes.keys(),
                    changes.limits()));
            publish(2, model("a", 2, worker));
            gateway.awaitRevision(2);
            assertThat(version(gateway, "a")).isEqualTo("2");
            assertThat(answers(gateway, "misfit")).isEqualTo(1);
            assertThat(answers(gateway, "changes")).isZero();
            assertThat(answers(gateway, "whole")).isEqualTo(2);
        }
    }

    @Test
    void changesThatLackOne_areRefused_andTheWholeTableIsFetched() throws Exception {
        publish(1, model("a", 1, worker), model("b", 1, worker));
        try (var gateway = gateway().awaitRevision(1)) {
            registry.spoil(changes -> new RoutingChanges(
                    changes.from(),
                    changes.revision(),
                    changes.digest(),
                    changes.models().subList(0, changes.models().size() - 1),
                    changes.workers(),
                    changes.keys(),
                    changes.limits()));
            publish(2, model("a", 2, worker), model("b", 2, worker));
            gateway.awaitRevision(2);
            assertThat(version(gateway, "a")).isEqualTo("2");
            assertThat(version(gateway, "b")).isEqualTo("2");
            assertThat(answers(gateway, "misfit")).isEqualTo(1);
            registry.spoil(changes -> changes);
            publish(3, model("a", 3, worker), model("b", 2, worker));
            gateway.awaitRevision(3);
            assertThat(version(gateway, "a")).isEqualTo("3");
            assertThat(answers(gateway, "changes")).isEqualTo(1);
        }
    }

    @Test
    void modelThatIsGone_goes() throws Exception {
        publish(1, model("a", 1, worker), model("b", 1, worker));
        try (var gateway = gateway().awaitRevision(1)) {
            publish(2, model("a", 1, worker));
            gateway.awaitRevision(2);
            assertThat(gateway.infer("b").statusCode()).isEqualTo(404);
            assertThat(version(gateway, "a")).isEqualTo("1");
        }
    }

    @Test
    void registryWithoutDigests_isFollowedByWholeTables() throws Exception {
        registry.old();
        publish(1, model("a", 1, worker));
        try (var gateway = gateway().awaitRevision(1)) {
            publish(2, model("a", 2, worker));
            gateway.awaitRevision(2);
            assertThat(version(gateway, "a")).isEqualTo("2");
            assertThat(answers(gateway, "whole")).isEqualTo(2);
            assertThat(registry.statePolls).noneMatch(query -> query.contains("changes"));
        }
    }

    @Test
    void contradictingChange_leavesTheLastGoodTableInForce() throws Exception {
        publish(1, model("a", 1, worker));
        try (var gateway = gateway().awaitRevision(1)) {
            var contradicts = new RoutingTable.Model(
                    "a", List.of(new RoutingTable.Target(1, 9_999)), List.of(), Map.of("champion", 1));
            publish(2, contradicts);
            Gateway.await(
                    "polls that ask for everything again",
                    () -> registry.statePolls.stream()
                                    .filter(query -> query.contains("after=-1&"))
                                    .count()
                            > 2);
            assertThat(version(gateway, "a")).isEqualTo("1");
            publish(3, model("a", 3, worker));
            gateway.awaitRevision(3);
            assertThat(version(gateway, "a")).isEqualTo("3");
        }
    }

    private RoutingTable onDisk() throws Exception {
        return new JsonMapper().readValue(Files.readAllBytes(data.resolve("routing-table.json")), RoutingTable.class);
    }

    @Test
    void snapshotWaits_keysAndTheStopDoNot() throws Exception {
        publish(1, model("a", 1, worker));
        try (var gateway = gateway("gateway.feed.snapshot-interval=1h").awaitRevision(1)) {
            Gateway.await("the first", () -> Files.exists(data.resolve("routing-table.json")));
            publish(2, model("a", 2, worker));
            gateway.awaitRevision(2);
            assertThat(onDisk().revision()).isEqualTo(1);
            registry.publish(Gateway.table(
                    3,
                    List.of(model("a", 3, worker)),
                    List.of(Gateway.key(OTHER_KEY, "bbbbbbbbbbbb", Set.of(Role.PREDICT), Set.of(), null)),
                    worker));
            gateway.awaitRevision(3);
            Gateway.await("the revoked key to leave the disk", () -> {
                try {
                    return onDisk().revision() == 3;
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            registry.publish(Gateway.table(4, List.of(model("a", 4, worker)), onDisk().keys(), worker));
            gateway.awaitRevision(4);
            assertThat(onDisk().revision()).isEqualTo(3);
        }
        assertThat(onDisk().revision()).isEqualTo(4);
        assertThat(onDisk().models()).containsExactly(model("a", 4, worker));
    }
}
