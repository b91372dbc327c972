package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Quota;
import io.presage.contract.state.SliceRequest;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// Postgres stops and comes back while the registry runs.
final class DatabaseAwayTest {
    @Test
    void databaseAway_is503Quickly_theFeedGoesOn_andAllRecovers(@TempDir Path directory) throws Exception {
        int port;
        try (var first = postgres(directory, 0)) {
            port = first.getPort();
            try (var registry = RunningRegistry.start(first.getJdbcUrl("postgres", "postgres"), directory)) {
                registry.post("/api/v1/models", "{\"name\": \"kept\"}").expect(201);
                stopNow(first);

                long start = System.nanoTime();
                var away = registry.get("/api/v1/models").expect(503);
                assertThat(away.code()).isEqualTo("REGISTRY_UNAVAILABLE");
                assertThat(away.json().path("retryable").asBoolean()).isTrue();
                assertThat(away.response().headers().firstValue("retry-after")).isPresent();
                assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start))
                        .as("seconds until the refusal")
                        .isLessThan(10);
                registry.internal("GET", "/internal/state?after=-1&gateway=g", BodyPublishers.noBody())
                        .expect(200);
                var usage = new SliceRequest.Usage("default", 20_000, 1, 1, new Quota(9L, null), 0, 0);
                var lease = new SliceRequest.Lease("l", 7, 1000, 0, 1);
                var slices = new SliceRequest("g", "g", false, 1, 1000, List.of(lease), List.of(usage));
                assertThat(registry.internal(
                                        "POST",
                                        "/internal/limits/slices",
                                        BodyPublishers.ofString(new JsonMapper().writeValueAsString(slices)))
                                .expect(200)
                                .body())
                        .contains("{\"limit\":\"l\",\"permits\":7}")
                        .contains("\"allowances\":[]");
                registry.send("", "GET", "/actuator/health/liveness", BodyPublishers.noBody())
                        .expect(200);

                try (var _ = postgres(directory, port)) {
                    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
                    while (registry.get("/api/v1/models/kept").status() != 200) {
                        assertThat(System.nanoTime()).as("never back").isLessThan(deadline);
                    }
                    registry.key("{\"name\": \"after\", \"roles\": [\"PREDICT\"]}");
                    registry.routing(it -> it.keys().size() == 2);
                }
            }
        }
    }

    private static void stopNow(EmbeddedPostgres postgres) throws Exception {
        postgres.close();
    }

    private static EmbeddedPostgres postgres(Path directory, int port) throws Exception {
        var builder = EmbeddedPostgres.builder()
                .setDataDirectory(directory.resolve("postgres"))
                .setCleanDataDirectory(false);
        return (port == 0 ? builder : builder.setPort(port)).start();
    }
}
