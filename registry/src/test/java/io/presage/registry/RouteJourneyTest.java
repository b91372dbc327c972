package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.SlotState;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// From upload to canary and back, over HTTP, with a worker that reports what it is told to hold.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RouteJourneyTest {
    private RunningRegistry registry;
    private RunningRegistry.ScriptedWorker worker;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        registry = RunningRegistry.start(PostgresFixture.freshDatabase(), directory);
        worker = registry.new ScriptedWorker("w1", "first");
        worker.say();
    }

    @AfterAll
    void stop() {
        registry.close();
    }

    private static RoutingTable.Model model(RoutingTable table, String name) {
        return table.models().stream()
                .filter(model -> model.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<RoutingTable.Target> targets(RoutingTable table, String name) {
        return model(table, name).targets();
    }

    @Test
    void promote_canary_rollBack() throws Exception {
        registry.readyModel("journey", 2, worker);

        var promoted = registry.post("/api/v1/models/journey/promote", "{\"version\": 1, \"expectedActive\": 0}")
                .expect(200)
                .json();
        assertThat(promoted.path("inForce").asBoolean()).isFalse();
        assertThat(promoted.path("waitsFor").asString()).contains("version 1 has 0 Ready replicas");
        worker.loads("journey", 1);
        var table = registry.routing(it -> !targets(it, "journey").isEmpty());
        assertThat(targets(table, "journey")).containsExactly(new RoutingTable.Target(1, 10_000));
        assertThat(model(table, "journey").aliases()).containsEntry("champion", 1);

        registry.post("/api/v1/models/journey/promote", "{\"version\": 2, \"weightBasisPoints\": 1000}")
                .expect(200);
        worker.loads("journey", 2);
        table = registry.routing(it -> targets(it, "journey").size() == 2);
        assertThat(targets(table, "journey"))
                .containsExactly(new RoutingTable.Target(1, 9000), new RoutingTable.Target(2, 1000));

        registry.post("/api/v1/models/journey/promote", "{\"version\": 2, \"expectedActive\": 1}")
                .expect(200);
        table = registry.routing(it -> targets(it, "journey").equals(List.of(new RoutingTable.Target(2, 10_000))));
        var versions = model(table, "journey").versions();
        assertThat(versions).extracting(RoutingTable.Version::version).containsExactly(1, 2);
        assertThat(versions).extracting(RoutingTable.Version::workers).containsOnly(List.of("w1"));

        var back =
                registry.post("/api/v1/models/journey/rollback", "").expect(200).json();
        assertThat(back.path("inForce").asBoolean()).as("1 is still warm").isTrue();
        assertThat(back.path("live").path("active").asInt()).isEqualTo(1);
        assertThat(back.path("previous").asInt()).isEqualTo(2);
    }

    @Test
    void promote_ofWhatIsNotReady_namesItsState() throws Exception {
        registry.post("/api/v1/models", "{\"name\": \"raw\"}").expect(201);
        int version = registry.upload("raw", new byte[] {1});
        var validation = worker.validation("raw", version);
        var early =
                registry.post("/api/v1/models/raw/promote", "{\"version\": 1}").expect(409);
        assertThat(early.detail()).contains("raw/1 is VALIDATING (expected: READY)");

        for (int i = 0; i < 2; i++) {
            registry.internal(
                            "POST",
                            "/internal/validations/" + validation.id(),
                            BodyPublishers.ofString(RunningRegistry.failure("w1")))
                    .expect(204);
        }
        var card = registry.get("/api/v1/models/raw/versions/1").expect(200).json();
        assertThat(card.path("state").asString()).isEqualTo("REJECTED");
        assertThat(card.path("failure").path("cause").asString()).isEqualTo("corrupt-model");
        assertThat(registry.post("/api/v1/models/raw/promote", "{\"version\": 1}")
                        .expect(409)
                        .detail())
                .contains("REJECTED");
        registry.internal(
                        "POST",
                        "/internal/validations/never-given",
                        BodyPublishers.ofString(RunningRegistry.failure("w1")))
                .expect(404);
    }

    @Test
    void promote_withAnotherExpectedActive_isStale() throws Exception {
        registry.readyModel("cas", 2, worker);
        registry.post("/api/v1/models/cas/promote", "{\"version\": 1, \"expectedActive\": 0}")
                .expect(200);
        var late = registry.post("/api/v1/models/cas/promote", "{\"version\": 2, \"expectedActive\": 0}")
                .expect(409);
        assertThat(late.code()).isEqualTo("STALE");
        assertThat(late.detail()).contains("the active version of cas is 1");
        registry.post("/api/v1/models/cas/rollback", "").expect(409);
    }

    @Test
    void aliases_compareAndSet_andChampionIsTheActiveVersion() throws Exception {
        registry.readyModel("aliased", 2, worker);
        registry.put("/api/v1/models/aliased/aliases/shadow", "{\"version\": 1, \"expectedVersion\": 0}")
                .expect(200);
        assertThat(registry.put("/api/v1/models/aliased/aliases/shadow", "{\"version\": 2, \"expectedVersion\": 0}")
                        .expect(409)
                        .code())
                .isEqualTo("STALE");
        registry.put("/api/v1/models/aliased/aliases/champion", "{\"version\": 2, \"expectedVersion\": 0}")
                .expect(200);
        assertThat(registry.get("/api/v1/models/aliased/aliases").expect(200).body())
                .contains("{\"model\":\"aliased\",\"alias\":\"champion\",\"version\":2}")
                .contains("{\"model\":\"aliased\",\"alias\":\"shadow\",\"version\":1}");
        registry.delete("/api/v1/models/aliased/versions/1").expect(409);
        registry.delete("/api/v1/models/aliased/aliases/champion").expect(409);
        registry.delete("/api/v1/models/aliased/aliases/shadow?expectedVersion=2")
                .expect(409);
        registry.delete("/api/v1/models/aliased/aliases/shadow").expect(204);
        registry.delete("/api/v1/models/aliased/aliases/shadow").expect(404);
        registry.delete("/api/v1/models/aliased/versions/1").expect(204);
        assertThat(registry.get("/api/v1/models/aliased/versions/1")
                        .json()
                        .path("state")
                        .asString())
                .isEqualTo("ARCHIVED");
    }

    @Test
    void drainingWorker_leavesTheTable_andItsAssignmentsMove() throws Exception {
        var leaving = registry.new ScriptedWorker("a-leaving", "first");
        registry.readyModel("moving", 1, worker);
        leaving.say();
        registry.post("/api/v1/models/moving/promote", "{\"version\": 1}").expect(200);
        registry.put("/api/v1/models/moving/deployment", "{\"replicas\": 2}").expect(200);
        leaving.loads("moving", 1);
        worker.loads("moving", 1);
        registry.routing(
                it -> model(it, "moving").versions().getFirst().workers().equals(List.of("a-leaving", "w1")));

        leaving.draining = true;
        leaving.say();
        var table = registry.routing(
                it -> it.workers().stream().noneMatch(live -> live.id().equals("a-leaving")));
        assertThat(model(table, "moving").versions().getFirst().workers()).containsExactly("w1");
        registry.desired("a-leaving", it -> it.assignments().isEmpty());
    }

    @Test
    void goalThatNeverBecomesReady_takesNoTraffic() throws Exception {
        registry.readyModel("guarded", 2, worker);
        registry.post("/api/v1/models/guarded/promote", "{\"version\": 1}").expect(200);
        worker.loads("guarded", 1);
        registry.routing(it -> !targets(it, "guarded").isEmpty());
        registry.post("/api/v1/models/guarded/promote", "{\"version\": 2}").expect(200);
        var assigned = registry.desired(
                "w1",
                it -> it.assignments().stream().anyMatch(one -> one.model().equals("guarded") && one.version() == 2));
        var slots = new java.util.ArrayList<>(worker.slots);
        slots.add(new io.presage.contract.state.Report.Slot(
                "guarded",
                2,
                SlotState.FAILED,
                0,
                new io.presage.contract.state.Failure("load", "out-of-memory", "none left", "add memory")));
        worker.slots = slots;
        worker.say();
        assertThat(assigned.assignments()).isNotEmpty();
        var route = registry.get("/api/v1/models/guarded/route").json();
        assertThat(route.path("live").path("active").asInt()).isEqualTo(1);
        assertThat(route.path("inForce").asBoolean()).isFalse();

        var undone =
                registry.post("/api/v1/models/guarded/rollback", "").expect(200).json();
        assertThat(undone.path("goal").path("active").asInt()).isEqualTo(1);
        assertThat(undone.path("inForce").asBoolean()).isTrue();
    }
}
