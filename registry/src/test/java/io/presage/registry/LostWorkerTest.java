package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Workers that go silent.
final class LostWorkerTest {
    @Test
    void silentWorker_isLost_itsVersionsMove_andItsValidationsAreTriedAgain(@TempDir Path directory) throws Exception {
        try (var registry = RunningRegistry.start(
                PostgresFixture.freshDatabase(), directory, "--registry.workers.lost-after=1500ms")) {
            var dying = registry.new ScriptedWorker("dying", "one");
            dying.say();
            registry.readyModel("m", 1, dying);
            registry.post("/api/v1/models/m/promote", "{\"version\": 1}").expect(200);
            dying.loads("m", 1);
            registry.routing(it -> !it.models().getFirst().targets().isEmpty());
            registry.upload("m", new byte[] {7});
            dying.validation("m", 2);

            var living = registry.new ScriptedWorker("living", "one");
            var heartbeat = Thread.ofVirtual().start(() -> beat(living));
            try {
                var table = registry.routing(it ->
                        it.workers().size() == 1 && it.workers().getFirst().id().equals("living"));
                assertThat(table.models().getFirst().versions().getFirst().workers())
                        .isEmpty();
                registry.desired("living", it -> it.assignments().size() == 1);
                living.validation("m", 2);
                assertThat(registry.get("/api/v1/models/m/versions/2")
                                .json()
                                .path("attempts")
                                .asInt())
                        .isEqualTo(1);
                assertThat(registry.get("/api/v1/audit?limit=1000").body()).contains("\"worker.lost\"");
            } finally {
                heartbeat.interrupt();
                heartbeat.join();
            }
        }
    }

    @Test
    void restartedWorker_countsAsAnAttempt_andTheThirdRejects(@TempDir Path directory) throws Exception {
        try (var registry = RunningRegistry.start(PostgresFixture.freshDatabase(), directory)) {
            registry.post("/api/v1/models", "{\"name\": \"killer\"}").expect(201);
            registry.upload("killer", new byte[] {6, 6, 6});
            String latest = "";
            for (int i = 1; i <= 3; i++) {
                var worker = registry.new ScriptedWorker("victim", "life-" + i);
                worker.say();
                var seen = latest;
                latest = registry.desired(
                                "victim",
                                it -> it.validations().size() == 1
                                        && !it.validations().getFirst().id().equals(seen))
                        .validations()
                        .getFirst()
                        .id();
            }
            registry.new ScriptedWorker("victim", "life-4").say();
            registry.desired("victim", it -> it.validations().isEmpty());
            var version = registry.get("/api/v1/models/killer/versions/1").json();
            assertThat(version.path("state").asString()).isEqualTo("REJECTED");
            assertThat(version.path("failure").path("cause").asString()).isEqualTo("worker-died");
            assertThat(version.path("attempts").asInt()).isEqualTo(3);
        }
    }

    @Test
    void restartedRegistry_keepsEverything_andCallsNobodyLostBeforeItsTime(@TempDir Path directory) throws Exception {
        var database = PostgresFixture.freshDatabase();
        String key;
        try (var registry = RunningRegistry.start(database, directory)) {
            key = registry.adminKey;
            var worker = registry.new ScriptedWorker("steady", "one");
            worker.say();
            registry.readyModel("kept", 1, worker);
            registry.post("/api/v1/models/kept/promote", "{\"version\": 1}").expect(200);
            worker.loads("kept", 1);
            registry.routing(it -> !it.models().getFirst().targets().isEmpty());
            registry.sql()
                    .sql("update worker set last_seen = now() - interval '1 hour'")
                    .update();
        }
        try (var registry = RunningRegistry.start(database, directory)) {
            assertThat(registry.adminKey).isEqualTo(key);
            var table = registry.routing(_ -> true);
            assertThat(table.workers()).hasSize(1);
            assertThat(table.models().getFirst().versions().getFirst().workers())
                    .isEqualTo(List.of("steady"));
        }
    }

    private static void beat(RunningRegistry.ScriptedWorker worker) {
        try {
            while (true) {
                worker.say();
                java.util.concurrent.TimeUnit.MILLISECONDS.sleep(200);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
