package io.presage.bench;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Postgres, registry and two gateways from their jars, with many models that were written into the database as if
/// they had been uploaded and were Ready: two versions each, 1 in force and 2 aliased, on three workers of one
/// address. One thread, but for [#promote] and [#version].
final class RoutesStand implements AutoCloseable {
    static final int MODELS = 10_000;
    static final int KEYS = 1_000;
    private static final Pattern KEY = Pattern.compile("presage_[a-z0-9]{12}_[A-Za-z0-9_-]{43}");
    private static final String DIGEST = "a".repeat(64);

    private final List<AutoCloseable> running = new ArrayList<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Path directory;
    private final Child registry;
    private final List<Child> gateways = new ArrayList<>();
    private final List<Integer> gatewayPorts = new ArrayList<>();
    private final String registryUrl;
    private final String adminKey;
    private final String key;

    /// @param root of the checkout, where the jars are
    /// @param port where workers answer
    RoutesStand(Path root, Path directory, int port) throws IOException, InterruptedException {
        this.directory = directory;
        try {
            var postgres = EmbeddedPostgres.builder()
                    .setDataDirectory(directory.resolve("postgres"))
                    .start();
            running.add(postgres);
            int registryPort = Child.freePort();
            registryUrl = "http://127.0.0.1:" + registryPort;
            var keyFile = directory.resolve("admin.key");
            registry = start(
                    "registry",
                    root.resolve("registry/target/presage-registry-exec.jar"),
                    "--server.port=" + registryPort,
                    "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
                    "--spring.datasource.username=postgres",
                    "--spring.datasource.password=postgres",
                    // Workers that nobody plays do not report.
                    "--registry.workers.lost-after=10h",
                    "--registry.workers.forget-after=10h",
                    "--registry.artifacts.directory=" + directory.resolve("artifacts"),
                    "--registry.access.bootstrap-key-file=" + keyFile);
            awaitOk(registryUrl + "/actuator/health");
            adminKey = Files.readString(keyFile).strip();
            fill(postgres, port);
            key = predictKey();
            for (int i = 0; i < 2; i++) {
                int gatewayPort = Child.freePort();
                gatewayPorts.add(gatewayPort);
                gateways.add(start(
                        "gateway-" + i,
                        root.resolve("api/target/presage-api-exec.jar"),
                        "--server.port=" + Child.freePort(),
                        "--gateway.id=gateway-" + i,
                        "--gateway.http.host=127.0.0.1",
                        "--gateway.http.port=" + gatewayPort,
                        "--gateway.registry-url=" + registryUrl,
                        "--gateway.data-directory=" + directory.resolve("gateway-" + i)));
                awaitOk("http://127.0.0.1:" + gatewayPort + "/v2/health/ready");
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private Child start(String name, Path jar, String... settings) throws IOException {
        var arguments = new ArrayList<>(List.of(settings));
        arguments.add("--server.address=127.0.0.1");
        var child = Child.start(
                name,
                directory,
                Map.of("PRESAGE_SERVICE_SECRET", RegistryStand.SECRET),
                Java.jar(Java.FIXED_HEAP, jar, arguments));
        running.add(child);
        return child;
    }

    private static void fill(EmbeddedPostgres postgres, int port) {
        var statements = List.of(
                "insert into artifact (sha256, bytes) values ('" + DIGEST + "', 1000)",
                """
                insert into worker (id, incarnation, sequence, live, draining, host, port, devices,
                                    memory_bytes_max, memory_bytes_used, applied_revision)
                select 'w' || i, 'bench', 1, true, false, '127.0.0.1', %d,
                       '[{"kind": "cpu", "index": 0, "name": "bench", "memoryBytes": 0}]', 1000000000000, 0, 0
                  from generate_series(0, 2) i
                """.formatted(port),
                "insert into model (name, description, last_version) select 'm' || i, '', 2 from generate_series(1, "
                        + MODELS + ") i",
                """
                insert into model_version (model, version, state, sha256, profile, decided_at)
                select name, v, 'READY', '%s', '{"memoryBytes": 1000, "loadMillis": 1, "device": "cpu"}', now()
                  from model, generate_series(1, 2) v
                """.formatted(DIGEST),
                "insert into route (model, goal_active, live_active) select name, 1, 1 from model",
                "insert into alias (model, alias, version) select name, 'second', 2 from model",
                """
                insert into assignment (worker_id, model, version)
                select 'w' || (substr(model, 2)::int + version) % 3, model, version from model_version
                """,
                """
                insert into slot (worker_id, model, version, state, memory_bytes)
                select worker_id, model, version, 'READY', 1000 from assignment
                """,
                """
                insert into api_key (id, name, sha256, roles)
                select 'k' || lpad(i::text, 11, '0'), 'bench', encode(sha256(i::text::bytea), 'hex'), '{PREDICT}'
                  from generate_series(1, %d) i
                """.formatted(KEYS),
                "update state_revision set revision = revision + 1",
                "analyze",
                "notify presage_state");
        try (var connection = postgres.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            // At once, or the registry would begin to place what is only half there.
            connection.setAutoCommit(false);
            for (var sql : statements) {
                statement.execute(sql);
            }
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /// One that no limit of the gateway's slows down.
    private String predictKey() throws IOException, InterruptedException {
        var answer = control(
                "/api/v1/keys",
                "{\"name\":\"bench\",\"roles\":[\"PREDICT\"],\"limit\":{\"permits\":1000000000,\"periodMillis\":1000}}");
        var found = KEY.matcher(answer);
        if (!found.find()) {
            throw new IllegalStateException("no key in the registry's answer");
        }
        return found.group();
    }

    private String control(String path, String body) throws IOException, InterruptedException {
        var response = client.send(
                HttpRequest.newBuilder(URI.create(registryUrl + path))
                        .header("Authorization", "Bearer " + adminKey)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IllegalStateException(path + ": " + response.statusCode() + " " + response.body());
        }
        return response.body();
    }

    /// Returns when the registry has answered.
    void promote(String model, int version) throws IOException, InterruptedException {
        control("/api/v1/models/" + model + "/promote", "{\"version\":" + version + "}");
    }

    /// The version that answers one call to a model at one of the gateways.
    int version(int gateway, String model, byte[] body) throws IOException, InterruptedException {
        var response = client.send(
                HttpRequest.newBuilder(URI.create(url(gateway, model)))
                        .header("Authorization", "Bearer " + key)
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(model + ": " + response.statusCode() + " " + response.body());
        }
        return Integer.parseInt(
                response.headers().firstValue("Presage-Model-Version").orElseThrow());
    }

    String url(int gateway, String model) {
        return "http://127.0.0.1:" + gatewayPorts.get(gateway) + "/v2/models/" + model + "/infer";
    }

    String key() {
        return key;
    }

    Child registry() {
        return registry;
    }

    Child gateway(int number) {
        return gateways.get(number);
    }

    int gateways() {
        return gateways.size();
    }

    private void awaitOk(String url) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url)).build();
        Stage.await(url, () -> {
            for (var each : running) {
                if (each instanceof Child child) {
                    child.requireAlive();
                }
            }
            try {
                return client.send(request, BodyHandlers.ofString()).statusCode() == 200;
            } catch (ConnectException _) {
                return false;
            }
        });
    }

    @Override
    public void close() {
        for (var each : running.reversed()) {
            try {
                each.close();
            } catch (Exception e) {
                System.err.println("bench: " + each + " did not stop: " + e);
            }
        }
    }
}
