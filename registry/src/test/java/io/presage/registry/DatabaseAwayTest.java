package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
