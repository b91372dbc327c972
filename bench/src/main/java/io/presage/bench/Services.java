package io.presage.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// Presage as it is shipped: registry, worker and gateway from their jars, each a process of its own, on a
/// Postgres that is started for the run.
final class Services implements AutoCloseable {
    private static final Pattern KEY = Pattern.compile("presage_[a-z0-9]{12}_[A-Za-z0-9_-]{43}");
    private static final Pattern STATE_READY = version("READY");
    private static final Pattern STATE_REJECTED = version("REJECTED");
    private static final String MODELS = "/api/v1/models";
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<AutoCloseable> running = new ArrayList<>();
    private final Path directory;
    private final Child worker;
    private final Child gateway;
    private final int workerPort = Child.freePort();
    private final int gatewayPort = Child.freePort();
    private final String adminKey;

    /// Starts everything; `jars` is the root of the checkout.
    Services(Path jars, Path directory) throws IOException, InterruptedException {
        this.directory = directory;
        try {
            var postgres = EmbeddedPostgres.builder()
                    .setDataDirectory(directory.resolve("postgres"))
                    .start();
            running.add(postgres);
            int registryPort = Child.freePort();
            var keyFile = directory.resolve("admin.key");
            start(
                    "registry",
                    jars.resolve("registry/target/presage-registry-exec.jar"),
                    "--server.port=" + registryPort,
                    "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
                    "--spring.datasource.username=postgres",
                    "--spring.datasource.password=postgres",
                    "--registry.artifacts.directory=" + directory.resolve("artifacts"),
                    "--registry.access.bootstrap-key-file=" + keyFile);
            awaitOk("http://127.0.0.1:" + registryPort + "/actuator/health");
            adminKey = Files.readString(keyFile).strip();
            var registryUrl = "http://127.0.0.1:" + registryPort;
            worker = start(
                    "worker",
                    jars.resolve("worker/target/presage-worker-exec.jar"),
                    "--server.port=" + Child.freePort(),
                    "--worker.id=bench",
                    "--worker.http.host=127.0.0.1",
                    "--worker.http.port=" + workerPort,
                    "--worker.advertised-host=127.0.0.1",
                    "--worker.registry-url=" + registryUrl,
                    "--worker.data-directory=" + directory.resolve("worker"));
            gateway = start(
                    "gateway",
                    jars.resolve("api/target/presage-api-exec.jar"),
                    "--server.port=" + Child.freePort(),
                    "--gateway.http.host=127.0.0.1",
                    "--gateway.http.port=" + gatewayPort,
                    "--gateway.registry-url=" + registryUrl,
                    "--gateway.data-directory=" + directory.resolve("gateway"));
            awaitOk("http://127.0.0.1:" + gatewayPort + "/v2/health/live");
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /// The first `state` of a version's view is its own.
    private static Pattern version(String state) {
        return Pattern.compile("^[^\\[]*\"state\":\"" + state + "\"");
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

    Child worker() {
        return worker;
    }

    Child gateway() {
        return gateway;
    }

    int workerPort() {
        return workerPort;
    }

    int gatewayPort() {
        return gatewayPort;
    }

    /// Headers with which a worker answers.
    static List<String> workerHeaders() {
        return List.of("Presage-Service-Secret: " + RegistryStand.SECRET);
    }

    /// A key for predict calls that no limit of the gateway's slows down.
    String predictKey() throws IOException, InterruptedException {
        var answer = call(
                "POST",
                "/api/v1/keys",
                "{\"name\":\"bench\",\"roles\":[\"PREDICT\"],\"limit\":{\"permits\":1000000000,\"periodMillis\":1000}}"
                        .getBytes(UTF_8));
        var key = KEY.matcher(answer);
        if (!key.find()) {
            throw new IllegalStateException("no key in the registry's answer");
        }
        return key.group();
    }

    /// Uploads the files of `modelDirectory` as a version, promotes it, and waits until it answers `body`.
    void serve(Workload workload, Path modelDirectory, String key, byte[] body)
            throws IOException, InterruptedException {
        upload(workload.model(), modelDirectory, "");
        awaitVersion(workload.model(), 1);
        promote(workload.model(), 1);
        var predict = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gatewayPort + workload.path()))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        await(
                workload.model() + " answers",
                () -> client.send(predict, BodyHandlers.ofString()).statusCode() == 200);
    }

    /// The first version of a new model.
    ///
    /// @param query `?name=value` of the upload, or empty
    void upload(String model, Path modelDirectory, String query) throws IOException, InterruptedException {
        call("POST", MODELS, bytes("{\"name\":\"" + model + "\"}"));
        call("POST", MODELS + "/" + model + "/versions" + query, Packages.zip(modelDirectory));
    }

    /// What the registry shows of a version.
    String version(String model, int version) throws IOException, InterruptedException {
        return call("GET", MODELS + "/" + model + "/versions/" + version, new byte[0]);
    }

    void awaitVersion(String model, int number) throws InterruptedException {
        await("version " + number + " of " + model + " READY", () -> {
            var version = version(model, number);
            if (STATE_REJECTED.matcher(version).find()) {
                throw new IllegalStateException(model + "/" + number + " was rejected: " + version);
            }
            return STATE_READY.matcher(version).find();
        });
    }

    void promote(String model, int version) throws IOException, InterruptedException {
        call("POST", MODELS + "/" + model + "/promote", bytes("{\"version\":" + version + "}"));
    }

    /// Has the version deployed, whatever is promoted.
    void alias(String model, String alias, int version) throws IOException, InterruptedException {
        call("PUT", MODELS + "/" + model + "/aliases/" + alias, bytes("{\"version\":" + version + "}"));
    }

    /// Where the worker answers calls of one version.
    String workerUrl(String model, int version) {
        return "http://127.0.0.1:" + workerPort + "/v2/models/" + model + "/versions/" + version + "/infer";
    }

    private static byte[] bytes(String json) {
        return json.getBytes(UTF_8);
    }

    private String call(String method, String path, byte[] body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gatewayPort + path))
                .header("Authorization", "Bearer " + adminKey)
                .header(
                        "Content-Type",
                        body.length > 0 && body[0] == '{' ? "application/json" : "application/octet-stream")
                .method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
                .build();
        var response = client.send(request, BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IllegalStateException(method + " " + path + ": " + response.statusCode() + " " + response.body());
        }
        return response.body();
    }

    private void awaitOk(String url) throws InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url)).build();
        await(url, () -> {
            try {
                return client.send(request, BodyHandlers.ofString()).statusCode() == 200;
            } catch (ConnectException _) {
                return false;
            }
        });
    }

    @FunctionalInterface
    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    private void await(String what, Condition condition) throws InterruptedException {
        long until = System.nanoTime() + START_LIMIT.toNanos();
        try {
            while (!condition.holds()) {
                for (var each : running) {
                    if (each instanceof Child child) {
                        child.requireAlive();
                    }
                }
                if (System.nanoTime() > until) {
                    throw new IllegalStateException(
                            what + ": not within " + START_LIMIT.toSeconds() + " s; logs are in " + directory);
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        } catch (IOException e) {
            throw new IllegalStateException(what + ": " + e.getMessage() + "; logs are in " + directory, e);
        }
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
