package io.presage.e2e.cluster;

import io.presage.standalone.postgres.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Postgres, a registry, workers and gateways: the shipped jars, each a process with its own folder and fixed
/// ports, so that it can be killed and started again as it was. Their names are `registry`, `worker-1` and so on,
/// `gateway`, and `gateway-2` and so on, where a scenario starts more than one. Logs go to
/// `target/e2e-logs/NAME/`. One thread.
public final class Cluster implements AutoCloseable {
    public static final Duration START_MAX = Duration.ofMinutes(2);
    private static final Duration CHANGE_MAX = Duration.ofSeconds(60);
    private static final String SECRET = "e2e-service-secret-0123456789-0123456789";

    private final Path root = Path.of(System.getProperty("e2e.root"));
    private final Path logs;
    private final Path folder;
    private final Map<String, List<String>> moreSettings;
    private final PostgresServer postgres;
    private final Map<String, Child> children = new LinkedHashMap<>();
    private final Map<String, List<String>> settings = new HashMap<>();
    private final Map<String, Instant> starts = new HashMap<>();
    private final Set<Integer> takenPorts = new HashSet<>();
    private final Map<String, Integer> ports = new HashMap<>();
    private final int registryPort = freePort();

    /// Starts everything and waits until all workers are known.
    public static Cluster start(String name, Path folder, int workers) throws Exception {
        return start(name, folder, workers, Map.of());
    }

    /// As above.
    ///
    /// @param moreSettings further arguments of every `registry`, `worker` and `gateway`
    public static Cluster start(String name, Path folder, int workers, Map<String, List<String>> moreSettings)
            throws Exception {
        var cluster = new Cluster(name, folder, moreSettings);
        try {
            cluster.launch("registry");
            for (int i = 1; i <= workers; i++) {
                cluster.launch("worker-" + i);
            }
            cluster.launch("gateway");
            cluster.awaitWorkers(workers);
        } catch (Exception | AssertionError e) {
            cluster.close();
            throw e;
        }
        return cluster;
    }

    private Cluster(String name, Path folder, Map<String, List<String>> moreSettings)
            throws IOException, InterruptedException {
        this.folder = folder;
        this.moreSettings = Map.copyOf(moreSettings);
        this.logs = Path.of(System.getProperty("e2e.target"), "e2e-logs", name);
        Files.createDirectories(logs);
        this.postgres =
                PostgresServer.start(folder.resolve("postgres"), logs.resolve("postgres.log"), new SecureRandom());
    }

    /// The first ADMIN at the gateway.
    public Client admin() throws IOException {
        return new Client(address("gateway"), adminKey());
    }

    /// Where clients find a gateway.
    public URI address(String gateway) {
        return URI.create("http://127.0.0.1:" + port(gateway));
    }

    public String adminKey() throws IOException {
        return Files.readString(folder.resolve("admin.key")).strip();
    }

    public int gatewayPort() {
        return port("gateway");
    }

    /// A new key at the gateway, once the gateway knows it.
    ///
    /// @param more members of the request besides name and roles
    public Client key(String name, List<String> roles, Map<String, ?> more) throws Exception {
        var request = new HashMap<String, Object>(more);
        request.put("name", name);
        request.put("roles", roles);
        var answer = admin().post("/api/v1/keys", request);
        if (answer.status() != 201) {
            throw new AssertionError("key " + name + ": " + answer);
        }
        var client = admin().withKey(answer.body().path("key").asString());
        Eventually.holds(
                "the gateway knows key " + name,
                CHANGE_MAX,
                () -> client.get("/v2/health/ready").status() == 200
                        && client.get("/v2").status() != 401);
        return client;
    }

    /// Creates the model where it is missing, uploads, and waits for the verdict.
    ///
    /// @return number of the READY version
    public int publish(String model, byte[] modelFile) throws Exception {
        var version = upload(model, modelFile);
        var verdict = verdict(model, version);
        if (!verdict.path("state").asString().equals("READY")) {
            throw new AssertionError(model + "/" + version + ": " + verdict);
        }
        return version;
    }

    /// Creates the model where it is missing, uploads, and answers the number of the new version.
    public int upload(String model, byte[] modelFile) throws Exception {
        var created = admin().post("/api/v1/models", Map.of("name", model));
        if (created.status() != 201 && created.status() != 409) {
            throw new AssertionError("model " + model + ": " + created);
        }
        var uploaded = admin().post("/api/v1/models/" + model + "/versions", modelFile);
        if (uploaded.status() != 201) {
            throw new AssertionError("version of " + model + ": " + uploaded);
        }
        return uploaded.body().path("version").asInt();
    }

    /// The version once it is READY or REJECTED.
    public JsonNode verdict(String model, int version) throws Exception {
        return Eventually.present("verdict on " + model + "/" + version, CHANGE_MAX, () -> {
            var body = admin().get("/api/v1/models/" + model + "/versions/" + version)
                    .body();
            var state = body.path("state").asString();
            return state.equals("READY") || state.equals("REJECTED") ? Optional.of(body) : Optional.empty();
        });
    }

    /// Moves all calls, or a part of them, and waits until the move is in force.
    public void promote(String model, int version, int weightBasisPoints) throws Exception {
        var answer = admin().post(
                        "/api/v1/models/" + model + "/promote",
                        Map.of("version", version, "weightBasisPoints", weightBasisPoints));
        if (answer.status() / 100 != 2) {
            throw new AssertionError("promote " + model + "/" + version + ": " + answer);
        }
        awaitInForce(model);
    }

    /// Returns once what was asked for is what gateways are told.
    public void awaitInForce(String model) throws Exception {
        Eventually.holds(
                "route of " + model + " in force",
                CHANGE_MAX,
                () -> admin().get("/api/v1/models/" + model + "/route")
                        .body()
                        .path("inForce")
                        .asBoolean());
    }

    /// Returns once `model` answers with `version`.
    public void awaitAnswer(String model, int version) throws Exception {
        Eventually.holds(model + " answered by version " + version, CHANGE_MAX, () -> {
            var answer = admin().predict(model, Map.of());
            return answer.status() == 200 && answer.version() == version;
        });
    }

    /// Starts one more gateway, or again one that was stopped, and waits until it is ready.
    public void startGateway(String name) throws Exception {
        launch(name);
        awaitGateway(name);
    }

    /// Returns once `gateway` routes by everything that was committed before this call.
    public void awaitTable(String gateway) throws Exception {
        // Asked for the state after one that there cannot be, the registry looks into the database.
        var newest = new Client(URI.create("http://127.0.0.1:" + registryPort), "")
                .get("/internal/state?gateway=e2e&after=" + Long.MAX_VALUE, Map.of("Presage-Service-Secret", SECRET))
                .body()
                .path("revision")
                .asLong();
        Eventually.holds(
                gateway + " knows revision " + newest,
                CHANGE_MAX,
                () -> metric(gateway, "presage_gateway_table_revision", Map.of()) >= newest);
    }

    /// The sum of a gateway's metric over the lines that have all of `labels`; 0 when there are none.
    public double metric(String gateway, String name, Map<String, String> labels) throws Exception {
        var management = new Client(URI.create("http://127.0.0.1:" + port(gateway + " management")), "");
        double sum = 0;
        for (var line : management.text("/actuator/prometheus").lines().toList()) {
            boolean isWanted = (line.startsWith(name + "{") || line.startsWith(name + " "))
                    && labels.entrySet().stream()
                            .allMatch(label -> line.contains(label.getKey() + "=\"" + label.getValue() + "\""));
            sum += isWanted ? Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)) : 0;
        }
        return sum;
    }

    /// `kill -15`; returns its exit code once it has ended.
    public int stop(String name) throws InterruptedException {
        return child(name).terminate(START_MAX);
    }

    /// `kill -STOP`: it is there, and does nothing until [#thaw].
    public void freeze(String name) throws IOException, InterruptedException {
        child(name).signal("STOP");
    }

    public void thaw(String name) throws IOException, InterruptedException {
        child(name).signal("CONT");
    }

    /// `kill -9`.
    public void kill(String name) throws InterruptedException {
        child(name).kill();
    }

    /// Processes that one of ours has started, and that still run.
    public List<ProcessHandle> childrenOf(String name) {
        return child(name).children();
    }

    /// The registry by `kill -9`, then Postgres as by a power cut.
    public void killControlPlane() throws IOException, InterruptedException {
        kill("registry");
        postgres.crash();
    }

    /// Starts it again, as it was before.
    public void restart(String name) throws Exception {
        launch(name);
    }

    /// Waits until the gateway says it is ready.
    public void awaitGateway() throws Exception {
        awaitGateway("gateway");
    }

    private void awaitGateway(String name) throws Exception {
        await(name, () -> new Client(address(name), "").get("/v2/health/ready").status() == 200);
    }

    /// Waits until `count` workers are live for the registry, the gateway passing the question on.
    public void awaitWorkers(int count) throws Exception {
        await("registry", () -> Files.exists(folder.resolve("admin.key")));
        await("gateway", () -> workersUp() == count);
    }

    @Override
    public void close() throws IOException {
        children.values().forEach(Child::end);
        postgres.close();
    }

    /// Returns once `count` workers, none of them one that was killed since, have the version Ready.
    public void awaitReplicas(String model, int version, int count) throws Exception {
        Eventually.holds(count + " replicas of " + model + "/" + version, START_MAX, () -> {
            int ready = 0;
            for (var worker : admin().get("/api/v1/workers").body().path("workers")) {
                ready += isUp(worker) && isReady(worker, model, version) ? 1 : 0;
            }
            return ready == count;
        });
    }

    /// Live, and heard of since it was started last.
    private boolean isUp(JsonNode worker) {
        var started = starts.get(worker.path("id").asString());
        return worker.path("live").asBoolean()
                && started != null
                && Instant.parse(worker.path("lastSeen").asString()).isAfter(started);
    }

    private static boolean isReady(JsonNode worker, String model, int version) {
        for (var slot : worker.path("slots")) {
            if (slot.path("model").asString().equals(model)
                    && slot.path("version").asInt() == version
                    && slot.path("state").asString().equals("READY")) {
                return true;
            }
        }
        return false;
    }

    private int workersUp() throws IOException, InterruptedException {
        int up = 0;
        for (var worker : admin().get("/api/v1/workers").body().path("workers")) {
            up += isUp(worker) ? 1 : 0;
        }
        return up;
    }

    private Child child(String name) {
        var child = children.get(name);
        if (child == null) {
            throw new IllegalArgumentException(name + " (expected: one of " + children.keySet() + ")");
        }
        return child;
    }

    private void await(String name, Eventually.Check condition) throws Exception {
        Eventually.holds(name + " is up", START_MAX, () -> {
            if (!child(name).isAlive()) {
                throw new AssertionError("ended while it started: " + child(name));
            }
            try {
                return condition.holds();
            } catch (IOException _) {
                return false;
            }
        });
    }

    private void launch(String name) throws IOException {
        starts.put(name, Instant.now());
        var service = name.replaceFirst("-.*", "");
        var module = service.equals("gateway") ? "api" : service;
        children.put(
                name,
                Child.jar(
                        name,
                        root.resolve(module + "/target/presage-" + module + "-exec.jar"),
                        List.of("-Xmx384m"),
                        settings.computeIfAbsent(name, this::settings),
                        logs.resolve(name + ".log")));
    }

    private List<String> settings(String name) {
        var own = new ArrayList<String>();
        own.add("--presage.service-secret=" + SECRET);
        own.add("--server.address=127.0.0.1");
        if (name.equals("registry")) {
            own.add("--server.port=" + registryPort);
            own.add("--spring.datasource.url=" + postgres.jdbcUrl());
            own.add("--spring.datasource.username=" + postgres.user());
            own.add("--spring.datasource.password=" + postgres.password());
            own.add("--registry.artifacts.directory=" + folder.resolve("artifacts"));
            own.add("--registry.access.bootstrap-key-file=" + folder.resolve("admin.key"));
        } else if (name.startsWith("gateway")) {
            own.add("--server.port=" + port(name + " management"));
            own.add("--gateway.id=" + name);
            own.add("--gateway.http.host=127.0.0.1");
            own.add("--gateway.http.port=" + port(name));
            own.add("--gateway.registry-url=http://127.0.0.1:" + registryPort);
            own.add("--gateway.data-directory=" + folder.resolve(name));
        } else {
            own.add("--server.port=0");
            own.add("--worker.id=" + name);
            own.add("--worker.http.host=127.0.0.1");
            own.add("--worker.http.port=" + freePort());
            own.add("--worker.advertised-host=127.0.0.1");
            own.add("--worker.registry-url=http://127.0.0.1:" + registryPort);
            own.add("--worker.data-directory=" + folder.resolve(name));
        }
        own.addAll(moreSettings.getOrDefault(name.replaceFirst("-.*", ""), List.of()));
        return own;
    }

    /// The same for the same name, always.
    private int port(String name) {
        return ports.computeIfAbsent(name, _ -> freePort());
    }

    private int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return takenPorts.add(socket.getLocalPort()) ? socket.getLocalPort() : freePort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
