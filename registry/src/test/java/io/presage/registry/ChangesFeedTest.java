package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.http.Headers;
import io.presage.contract.state.DesiredState;
import io.presage.contract.state.RoutingChanges;
import io.presage.contract.state.RoutingContent;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.SlotState;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// Gateways that follow changes, and registries that read only what was touched, on a real Postgres.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ChangesFeedTest {
    private static final JsonMapper JSON = new JsonMapper();

    private String database;
    private RunningRegistry registry;
    private RunningRegistry.ScriptedWorker worker;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        database = PostgresFixture.freshDatabase();
        registry = RunningRegistry.start(database, directory);
        worker = registry.new ScriptedWorker("w1", "one");
        worker.say();
        for (var model : List.of("a", "b", "c", "d")) {
            registry.readyModel(model, 2, worker);
        }
    }

    @AfterAll
    void stop() {
        registry.close();
    }

    /// A gateway that reads changes, of whichever registry.
    private static final class Follower {
        private RoutingContent held = RoutingContent.of(RoutingTable.EMPTY);
        private long revision = -1;
        private int wholes;
        private int changes;
        private List<String> latest = List.of();

        /// Follows until the table is `wanted`; every answer must fit.
        RoutingTable until(RunningRegistry registry, Predicate<RoutingTable> wanted) throws Exception {
            for (int polls = 0; polls < 100; polls++) {
                if (revision >= 0 && wanted.test(held.table(revision))) {
                    return held.table(revision);
                }
                poll(registry);
            }
            throw new AssertionError("the feed never said what was wanted: " + held.table(revision));
        }

        private void poll(RunningRegistry registry) throws Exception {
            var answer = registry.internal(
                            "GET", "/internal/state?gateway=g&changes=true&after=" + revision, BodyPublishers.noBody())
                    .expect(200);
            var type = answer.response().headers().firstValue("content-type").orElseThrow();
            if (!type.equals(RoutingChanges.MEDIA_TYPE)) {
                var table = JSON.readValue(answer.body(), RoutingTable.class);
                held = RoutingContent.of(table);
                assertThat(held.digest()).isEqualTo(table.digest());
                revision = table.revision();
                wholes++;
                return;
            }
            var read = JSON.readValue(answer.body(), RoutingChanges.class);
            assertThat(read.from()).isEqualTo(revision);
            held = held.with(read.models(), List.of(), read.workers(), read.keys(), read.limits());
            assertThat(held.digest()).isEqualTo(read.digest());
            revision = read.revision();
            changes++;
            latest = read.models().stream().map(RoutingTable.Model::name).toList();
        }
    }

    private static Predicate<RoutingTable> sticky(String model, String header) {
        return table -> table.models().stream()
                .anyMatch(it -> it.name().equals(model)
                        && it.policy() != null
                        && it.policy().sticky() != null
                        && header.equals(it.policy().sticky().name()));
    }

    private void policy(String model, String name) throws Exception {
        registry.put(
                        "/api/v1/models/" + model + "/route/policy",
                        "{\"sticky\": {\"by\": \"header\", \"name\": \"X-" + name + "\"}}")
                .expect(200);
    }

    private double reads(String what) {
        return registry.context
                .getBean(io.micrometer.core.instrument.MeterRegistry.class)
                .get("presage.registry.feed.reads")
                .tag("what", what)
                .counter()
                .count();
    }

    @Test
    void changeOfOneRoute_isAllThatIsReadAndSent() throws Exception {
        var gateway = new Follower();
        policy("a", "Before");
        gateway.until(registry, sticky("a", "X-Before"));
        int wholes = gateway.wholes;
        double everything = reads("everything");
        policy("a", "After");
        var table = gateway.until(registry, sticky("a", "X-After"));
        assertThat(gateway.latest).containsExactly("a");
        assertThat(gateway.wholes).isEqualTo(wholes);
        assertThat(reads("everything")).isEqualTo(everything);
        assertThat(table.models())
                .isEqualTo(registry.routing(sticky("a", "X-After")).models());
    }

    @Test
    void everyKindOfChange_isInTheChanges() throws Exception {
        var gateway = new Follower();
        gateway.until(registry, _ -> true);
        int wholes = gateway.wholes;
        registry.post("/api/v1/models", "{\"name\": \"new\"}").expect(201);
        gateway.until(
                registry,
                table -> table.models().stream().anyMatch(model -> model.name().equals("new")));
        registry.upload("new", "new-1".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        gateway.until(registry, table -> of(table, "new").versions().size() == 1);
        registry.put("/api/v1/models/b/aliases/beta", "{\"version\": 2}").expect(200);
        gateway.until(registry, table -> of(table, "b").aliases().equals(Map.of("beta", 2)));
        worker.loads("b", 2);
        gateway.until(
                registry, table -> of(table, "b").versions().get(1).workers().equals(List.of("w1")));
        registry.post("/api/v1/models/b/promote", "{\"version\": 1}").expect(200);
        worker.loads("b", 1);
        gateway.until(registry, table -> of(table, "b").targets().size() == 1);
        registry.post("/api/v1/models/b/promote", "{\"version\": 2, \"weightBasisPoints\": 500}")
                .expect(200);
        gateway.until(registry, table -> of(table, "b").targets().size() == 2);
        registry.post("/api/v1/models/b/rollback", "").expect(200);
        gateway.until(registry, table -> of(table, "b").targets().size() == 1);
        var key = registry.post("/api/v1/keys", "{\"name\": \"k\", \"roles\": [\"PREDICT\"]}")
                .expect(201)
                .json()
                .path("id")
                .asString();
        gateway.until(
                registry, table -> table.keys().stream().anyMatch(it -> it.id().equals(key)));
        registry.delete("/api/v1/keys/" + key).expect(204);
        gateway.until(
                registry, table -> table.keys().stream().noneMatch(it -> it.id().equals(key)));
        registry.put("/api/v1/models/b/limits", "{\"calls\": {\"permits\": 5, \"periodMillis\": 1000}}")
                .expect(200);
        gateway.until(registry, table -> !table.limits().models().isEmpty());
        registry.put("/api/v1/tenants/t", "{\"quota\": {\"callsPerDay\": 7}}").expect(201);
        gateway.until(registry, table -> !table.limits().tenants().isEmpty());
        var second = registry.new ScriptedWorker("w2", "one");
        second.say();
        gateway.until(registry, table -> table.workers().size() == 2);
        second.draining = true;
        second.say();
        var last = gateway.until(registry, table -> table.workers().size() == 1);
        assertThat(gateway.wholes).as("all of it came as changes").isEqualTo(wholes);
        assertThat(gateway.held.table(0))
                .isEqualTo(RoutingContent.of(registry.routing(table -> table.revision() >= last.revision()))
                        .table(0));
    }

    private static RoutingTable.Model of(RoutingTable table, String name) {
        return table.models().stream()
                .filter(model -> model.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void workersFollow_whatWasTouched() throws Exception {
        registry.put("/api/v1/models/c/aliases/kept", "{\"version\": 1}").expect(200);
        registry.put("/api/v1/models/d/aliases/kept", "{\"version\": 2}").expect(200);
        var assigned = registry.desired("w1", state -> names(state).containsAll(List.of("c/1", "d/2")));
        assertThat(names(assigned)).isSorted();
        registry.delete("/api/v1/models/c/aliases/kept?expectedVersion=1").expect(204);
        var less = registry.desired("w1", state -> !names(state).contains("c/1"));
        assertThat(names(less)).contains("d/2");
        worker.holds(SlotState.READY, less.assignments().toArray(DesiredState.Assignment[]::new));
    }

    private static List<String> names(DesiredState state) {
        return state.assignments().stream()
                .map(it -> it.model() + "/" + it.version())
                .toList();
    }

    @Test
    void secondRegistry_isFollowedInTurns(@TempDir Path directory) throws Exception {
        try (var other = RunningRegistry.start(database, directory)) {
            var gateway = new Follower();
            policy("d", "First");
            gateway.until(registry, sticky("d", "X-First"));
            policy("d", "Second");
            gateway.until(other, sticky("d", "X-Second"));
            policy("d", "Third");
            gateway.until(registry, sticky("d", "X-Third"));
            policy("d", "Fourth");
            gateway.until(other, sticky("d", "X-Fourth"));
            assertThat(gateway.changes).isPositive();
        }
    }

    /// One row a change is what a registry of before this feed leaves: no word of what it touched but the
    /// triggers'.
    @Test
    void changeThatNoServiceMade_isSeen() throws Exception {
        var gateway = new Follower();
        policy("a", "Mine");
        gateway.until(registry, sticky("a", "X-Mine"));
        double everything = reads("everything");
        registry.sql()
                .sql("update route_policy set sticky_name = 'X-Foreign' where model = 'a'")
                .update();
        registry.sql().sql("update state_revision set revision = revision + 1").update();
        registry.sql()
                .sql("select pg_notify('presage_state', '')")
                .query((_, _) -> 0)
                .list();
        gateway.until(registry, sticky("a", "X-Foreign"));
        assertThat(reads("everything")).isEqualTo(everything);
    }

    @Test
    void forgottenTouches_areReadWithEverythingElse() throws Exception {
        var gateway = new Follower();
        policy("a", "Remembered");
        gateway.until(registry, sticky("a", "X-Remembered"));
        double everything = reads("everything");
        registry.sql().sql("delete from state_touch").update();
        policy("a", "Forgotten");
        gateway.until(registry, sticky("a", "X-Forgotten"));
        assertThat(reads("everything")).isGreaterThan(everything);
    }

    @Test
    void gatewayThatReadsNoChanges_getsWholeTables() throws Exception {
        policy("a", "Old");
        var table = registry.routing(sticky("a", "X-Old"));
        policy("a", "Older");
        try (var client = HttpClient.newHttpClient()) {
            var answer = client.send(
                    HttpRequest.newBuilder(registry.uri("/internal/state?gateway=g&after=" + table.revision()))
                            .header(Headers.SERVICE_SECRET, RunningRegistry.SECRET)
                            .build(),
                    BodyHandlers.ofString());
            assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
            assertThat(JSON.readValue(answer.body(), RoutingTable.class).models().stream()
                            .map(RoutingTable.Model::name)
                            .collect(Collectors.toSet()))
                    .contains("a", "b", "c", "d");
        }
    }

    @Test
    void restoredDatabase_isReadAnew() throws Exception {
        var gateway = new Follower();
        policy("a", "Late");
        gateway.until(registry, sticky("a", "X-Late"));
        registry.sql().sql("update state_revision set revision = revision - 1").update();
        registry.sql()
                .sql("select pg_notify('presage_state', '')")
                .query((_, _) -> 0)
                .list();
        long late = gateway.revision;
        gateway.until(registry, table -> table.revision() < late);
        registry.sql().sql("update state_revision set revision = revision + 1").update();
        assertThat(gateway.wholes).isGreaterThan(1);
    }
}
