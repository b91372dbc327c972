package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.DesiredState;
import io.presage.contract.state.Failure;
import io.presage.contract.state.Report;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.SlotState;
import io.presage.contract.state.Tuning;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What workers do with more versions than fit, as routes and placement see it.
final class EvictionJourneyTest {
    private static RoutingTable.Model model(RoutingTable table, String name) {
        return table.models().stream()
                .filter(model -> model.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> workers(RoutingTable table, String name) {
        return model(table, name).versions().getFirst().workers();
    }

    private static DesiredState.Assignment assignment(
            RunningRegistry registry, RunningRegistry.ScriptedWorker worker, String model) throws Exception {
        return registry
                .desired(
                        worker.id,
                        it -> it.assignments().stream().anyMatch(a -> a.model().equals(model)))
                .assignments()
                .stream()
                .filter(a -> a.model().equals(model))
                .findFirst()
                .orElseThrow();
    }

    private static long revision(RunningRegistry registry) {
        return registry.sql()
                .sql("select revision from state_revision")
                .query(Long.class)
                .single();
    }

    @Test
    void evictedVersion_isStillRouted_andPromoted_withoutNewRevisions(@TempDir Path directory) throws Exception {
        try (var registry = RunningRegistry.start(PostgresFixture.freshDatabase(), directory)) {
            var one = registry.new ScriptedWorker("one", "first");
            one.say();
            registry.readyModel("evicted", 1, one);
            registry.post("/api/v1/models/evicted/promote", "{\"version\": 1}").expect(200);
            var assigned = assignment(registry, one, "evicted");
            one.holds(SlotState.EVICTED, assigned);
            registry.routing(it -> !model(it, "evicted").targets().isEmpty()
                    && workers(it, "evicted").equals(List.of("one")));

            one.holds(SlotState.READY, assigned);
            long before = revision(registry);
            for (var state : List.of(
                    SlotState.EVICTED, SlotState.FETCHING, SlotState.LOADING, SlotState.WARMING, SlotState.READY)) {
                one.holds(state, assigned);
            }
            assertThat(revision(registry)).isEqualTo(before);
            one.holds(SlotState.LOADING, assigned);
            assertThat(workers(registry.routing(_ -> true), "evicted")).containsExactly("one");
            one.slots = List.of(new Report.Slot("evicted", 1, SlotState.FAILED, 0, new Failure("load", "x", "y", "z")));
            one.say();
            registry.routing(it -> workers(it, "evicted").isEmpty());
        }
    }

    @Test
    void versionOnItsWay_isToldToGateways_untilItIsReadyOrFailed(@TempDir Path directory) throws Exception {
        try (var registry = RunningRegistry.start(PostgresFixture.freshDatabase(), directory)) {
            var one = registry.new ScriptedWorker("one", "first");
            one.say();
            registry.readyModel("coming", 1, one);
            assertThat(loading(registry.routing(_ -> true), "coming")).isNull();
            registry.post("/api/v1/models/coming/promote", "{\"version\": 1}").expect(200);
            var assigned = assignment(registry, one, "coming");
            registry.routing(it -> loading(it, "coming") != null);
            one.holds(SlotState.LOADING, assigned);
            assertThat(loading(registry.routing(_ -> true), "coming")).isNotNull();
            one.slots = List.of(new Report.Slot("coming", 1, SlotState.FAILED, 0, new Failure("load", "x", "y", "z")));
            one.say();
            registry.routing(it -> loading(it, "coming") == null);
            one.holds(SlotState.FETCHING, assigned);
            registry.routing(it -> loading(it, "coming") != null);
            one.holds(SlotState.READY, assigned);
            registry.routing(
                    it -> loading(it, "coming") == null && workers(it, "coming").equals(List.of("one")));
        }
    }

    private static RoutingTable.@Nullable Loading loading(RoutingTable table, String name) {
        return model(table, name).versions().getFirst().loading();
    }

    @Test
    void readyReplica_isPreferred_andAFailedOneMoves(@TempDir Path directory) throws Exception {
        try (var registry = RunningRegistry.start(PostgresFixture.freshDatabase(), directory)) {
            var one = registry.new ScriptedWorker("one", "first");
            one.say();
            var two = registry.new ScriptedWorker("two", "first");
            registry.readyModel("pair", 1, one);
            registry.put("/api/v1/models/pair/deployment", "{\"replicas\": 2}").expect(200);
            two.say();
            registry.post("/api/v1/models/pair/promote", "{\"version\": 1}").expect(200);
            var atOne = assignment(registry, one, "pair");
            var atTwo = assignment(registry, two, "pair");
            one.holds(SlotState.READY, atOne);
            two.holds(SlotState.READY, atTwo);
            registry.routing(it -> workers(it, "pair").equals(List.of("one", "two")));
            one.holds(SlotState.EVICTED, atOne);
            registry.routing(it -> workers(it, "pair").equals(List.of("two")));
            two.holds(SlotState.EVICTED, atTwo);
            registry.routing(it -> workers(it, "pair").equals(List.of("one", "two")));

            registry.put("/api/v1/models/pair/deployment", "{\"replicas\": 1}").expect(200);
            var kept = registry.desired("one", _ -> true).assignments().stream()
                            .anyMatch(a -> a.model().equals("pair"))
                    ? one
                    : two;
            var other = kept == one ? two : one;
            registry.desired(
                    other.id,
                    it -> it.assignments().stream().noneMatch(a -> a.model().equals("pair")));
            other.slots = List.of();
            other.say();
            kept.slots = List.of(new Report.Slot("pair", 1, SlotState.FAILED, 0, new Failure("load", "x", "y", "z")));
            kept.say();
            assignment(registry, other, "pair");
            kept.slots = List.of();
            kept.say();
            other.slots = List.of(new Report.Slot("pair", 1, SlotState.FAILED, 0, new Failure("load", "x", "y", "z")));
            other.say();
            registry.readyModel("bystander", 1, one);
            registry.post("/api/v1/models/bystander/promote", "{\"version\": 1}")
                    .expect(200);
            assertThat(registry.desired(
                                    other.id,
                                    it -> it.assignments().stream()
                                            .anyMatch(a -> a.model().equals("pair")))
                            .assignments())
                    .as("it does not go back")
                    .anyMatch(a -> a.model().equals("pair"));
        }
    }

    @Test
    void versionForCuda_isValidatedAndPlacedWhereTheDeviceIs(@TempDir Path directory) throws Exception {
        try (var registry = RunningRegistry.start(PostgresFixture.freshDatabase(), directory)) {
            var cpu = registry.new ScriptedWorker("a-cpu", "first");
            cpu.say();
            registry.post("/api/v1/models", "{\"name\": \"large\"}").expect(201);
            registry.upload("large", new byte[] {1});
            var onCpu = cpu.validation("large", 1);
            var gpu = registry.new ScriptedWorker("b-gpu", "first");
            gpu.devices = List.of(new Report.Device("cpu", 0, "c", 0), new Report.Device("cuda", 0, "g", 1 << 30));
            gpu.say();
            var refusal = RunningRegistry.failure("a-cpu").replace("corrupt-model", "unsupported-device");
            registry.internal("POST", "/internal/validations/" + onCpu.id(), BodyPublishers.ofString(refusal))
                    .expect(204);

            var onGpu = gpu.validation("large", 1);
            var verdict = RunningRegistry.verdict("b-gpu").replace("\"cpu\"", "\"cuda\"");
            registry.internal("POST", "/internal/validations/" + onGpu.id(), BodyPublishers.ofString(verdict))
                    .expect(204);
            registry.post("/api/v1/models/large/promote", "{\"version\": 1}").expect(200);
            assignment(registry, gpu, "large");
            assertThat(registry.desired("a-cpu", _ -> true).assignments()).isEmpty();

            registry.upload("large", new byte[] {2});
            var second = registry.desired(
                            "a-cpu", it -> it.validations().stream().anyMatch(v -> v.version() == 2))
                    .validations()
                    .getFirst();
            gpu.devices = List.of();
            gpu.draining = true;
            gpu.say();
            registry.internal("POST", "/internal/validations/" + second.id(), BodyPublishers.ofString(refusal))
                    .expect(204);
            assertThat(registry.get("/api/v1/models/large/versions/2")
                            .json()
                            .path("failure")
                            .path("cause")
                            .asString())
                    .isEqualTo("unsupported-device");
        }
    }

    @Test
    void tuning_travelsWithTheAssignment_andIsShown(@TempDir Path directory) throws Exception {
        try (var registry = RunningRegistry.start(PostgresFixture.freshDatabase(), directory)) {
            var one = registry.new ScriptedWorker("one", "first");
            one.say();
            registry.post("/api/v1/models", "{\"name\": \"tuned\"}").expect(201);
            registry.upload("tuned", new byte[] {1, 2, 3});
            var validation = one.validation("tuned", 1);
            var verdict = RunningRegistry.verdict("one")
                    .replace(
                            "\"millisPerCall\": 0.02",
                            "\"millisPerCall\": 0.02, \"tuning\": {\"deviceClass\":"
                                    + " \"cpu:x86_64:2\", \"intraOpThreads\": 2, \"instances\": 3, \"rowsMax\": 4, \"millisPerUnit\":"
                                    + " 0.5, \"millisPerCall\": 0.25}");
            registry.internal("POST", "/internal/validations/" + validation.id(), BodyPublishers.ofString(verdict))
                    .expect(204);
            registry.post("/api/v1/models/tuned/promote", "{\"version\": 1}").expect(200);
            assertThat(assignment(registry, one, "tuned").tuning())
                    .isEqualTo(new Tuning("cpu:x86_64:2", 2, 3, 4, 0.5, 0.25));
            assertThat(registry.get("/api/v1/models/tuned/versions/1")
                            .json()
                            .path("profile")
                            .path("tuning")
                            .path("rowsMax")
                            .asInt())
                    .isEqualTo(4);
        }
    }
}
