package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.http.Headers;
import io.presage.contract.state.DesiredState;
import io.presage.contract.state.Report;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.SlotState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The registry as it ships, on a port of its own, and a client that speaks to it. Used by one thread.
final class RunningRegistry implements AutoCloseable {
    static final String SECRET = "a-service-secret-of-the-tests-0123456789";
    private static final JsonMapper JSON = new JsonMapper();

    final ConfigurableApplicationContext context;
    final String adminKey;
    final Path directory;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String base;

    private RunningRegistry(ConfigurableApplicationContext context, Path directory) throws IOException {
        this.context = context;
        this.directory = directory;
        this.base = "http://127.0.0.1:" + RegistryApplication.port(context);
        this.adminKey = Files.readString(directory.resolve("admin.key")).strip();
    }

    static RunningRegistry start(String database, Path directory, String... more) throws IOException {
        var arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--spring.datasource.url=" + database,
                "--presage.service-secret=" + SECRET,
                "--registry.artifacts.directory=" + directory.resolve("artifacts"),
                "--registry.access.bootstrap-key-file=" + directory.resolve("admin.key"),
                "--registry.tick=50ms",
                "--registry.workers.lost-after=10m",
                "--logging.level.root=WARN"));
        for (var argument : more) {
            var name = argument.substring(0, argument.indexOf('=') + 1);
            arguments.removeIf(present -> present.startsWith(name));
            arguments.add(argument);
        }
        return new RunningRegistry(RegistryApplication.builder().run(arguments.toArray(String[]::new)), directory);
    }

    record Answer(int status, String body, HttpResponse<byte[]> response) {
        JsonNode json() {
            return JSON.readTree(body);
        }

        String code() {
            return json().path("code").asString();
        }

        String detail() {
            return json().path("detail").asString();
        }

        Answer expect(int expected) {
            assertThat(status).as(body).isEqualTo(expected);
            return this;
        }
    }

    JdbcClient sql() {
        return context.getBean(JdbcClient.class);
    }

    URI uri(String path) {
        return URI.create(base + path);
    }

    Answer get(String path) throws Exception {
        return send(adminKey, "GET", path, BodyPublishers.noBody());
    }

    Answer post(String path, String json) throws Exception {
        return send(adminKey, "POST", path, BodyPublishers.ofString(json));
    }

    Answer put(String path, String json) throws Exception {
        return send(adminKey, "PUT", path, BodyPublishers.ofString(json));
    }

    Answer delete(String path) throws Exception {
        return send(adminKey, "DELETE", path, BodyPublishers.noBody());
    }

    /// @param key empty for none
    Answer send(String key, String method, String path, BodyPublisher body, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(uri(path))
                .timeout(Duration.ofSeconds(30))
                .method(method, body);
        if (!key.isEmpty()) {
            request.header("Authorization", "Bearer " + key);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        var response = client.send(request.build(), BodyHandlers.ofByteArray());
        return new Answer(response.statusCode(), new String(response.body(), StandardCharsets.UTF_8), response);
    }

    Answer internal(String method, String path, BodyPublisher body) throws Exception {
        return send("", method, path, body, Headers.SERVICE_SECRET, SECRET);
    }

    /// Makes a key and returns its text.
    String key(String body) throws Exception {
        return post("/api/v1/keys", body).expect(201).json().path("key").asString();
    }

    int upload(String model, byte[] bytes) throws Exception {
        return send(adminKey, "POST", "/api/v1/models/" + model + "/versions", BodyPublishers.ofByteArray(bytes))
                .expect(201)
                .json()
                .path("version")
                .asInt();
    }

    void report(Report report) throws Exception {
        internal("POST", "/internal/report", BodyPublishers.ofString(JSON.writeValueAsString(report)))
                .expect(204);
    }

    DesiredState desired(String worker, Predicate<DesiredState> wanted) throws Exception {
        return poll("worker=" + worker, DesiredState.class, wanted, DesiredState::revision);
    }

    RoutingTable routing(Predicate<RoutingTable> wanted) throws Exception {
        return poll("gateway=test", RoutingTable.class, wanted, RoutingTable::revision);
    }

    /// Follows the feed, as services do, until what it says is `wanted`.
    private <T> T poll(String who, Class<T> type, Predicate<T> wanted, java.util.function.ToLongFunction<T> revision)
            throws Exception {
        long after = -1;
        String latest = "nothing";
        for (int polls = 0; polls < 100; polls++) {
            var answer = internal("GET", "/internal/state?after=" + after + "&" + who, BodyPublishers.noBody());
            if (answer.status() == 204) {
                break;
            }
            latest = answer.expect(200).body();
            var state = JSON.readValue(latest, type);
            if (wanted.test(state)) {
                return state;
            }
            after = revision.applyAsLong(state);
        }
        throw new AssertionError("the feed never said what was wanted; the latest: " + latest);
    }

    /// A worker that does whatever it is told at once: validates as READY and loads.
    final class ScriptedWorker {
        final String id;
        final String incarnation;
        private long sequence;
        boolean draining;
        List<Report.Slot> slots = List.of();
        List<Report.Device> devices = List.of(new Report.Device("cpu", 0, "test", 0));

        ScriptedWorker(String id, String incarnation) {
            this.id = id;
            this.incarnation = incarnation;
        }

        Report next() {
            return new Report(
                    id, incarnation, ++sequence, "127.0.0.1", 9000, draining, devices, 1_000_000, 0, 0, slots);
        }

        void say() throws Exception {
            report(next());
        }

        void holds(SlotState state, DesiredState.Assignment... assignments) throws Exception {
            slots = java.util.Arrays.stream(assignments)
                    .map(assignment -> new Report.Slot(assignment.model(), assignment.version(), state, 100, null))
                    .toList();
            say();
        }

        /// Waits until the version is assigned to it, and reports all it is assigned as Ready.
        void loads(String model, int version) throws Exception {
            var state = desired(
                    id,
                    desired -> desired.assignments().stream()
                            .anyMatch(it -> it.model().equals(model) && it.version() == version));
            holds(SlotState.READY, state.assignments().toArray(DesiredState.Assignment[]::new));
        }

        /// Waits for the validation of a version and answers it.
        void validates(String model, int version) throws Exception {
            var validation = validation(model, version);
            internal("POST", "/internal/validations/" + validation.id(), BodyPublishers.ofString(verdict(id)))
                    .expect(204);
        }

        DesiredState.Validation validation(String model, int version) throws Exception {
            Predicate<DesiredState.Validation> it =
                    validation -> validation.model().equals(model) && validation.version() == version;
            return desired(id, desired -> desired.validations().stream().anyMatch(it)).validations().stream()
                    .filter(it)
                    .findFirst()
                    .orElseThrow();
        }
    }

    static String verdict(String worker) {
        return """
                {"workerId": "%s", "profile": {"task": "tensor", "engine": "onnxruntime", "format": "onnx",
                 "device": "cpu", "signature": {"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 4]}],
                 "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1, 1]}], "batchable": true},
                 "memoryBytes": 1000, "loadMillis": 1.5, "samplesChecked": 2, "millisPerRow": 0.01,
                 "millisPerCall": 0.02}}""".formatted(worker);
    }

    static String failure(String worker) {
        return """
                {"workerId": "%s", "failure": {"phase": "load", "cause": "corrupt-model", "evidence": "it is cut off",
                 "fix": "export it again"}}""".formatted(worker);
    }

    /// A model with READY versions 1..count, uploaded and validated by `worker`.
    void readyModel(String model, int count, ScriptedWorker worker) throws Exception {
        post("/api/v1/models", "{\"name\": \"" + model + "\"}").expect(201);
        for (int i = 1; i <= count; i++) {
            int version = upload(model, (model + "-" + i).getBytes(StandardCharsets.UTF_8));
            worker.validates(model, version);
        }
    }

    @Override
    public void close() {
        client.close();
        context.close();
    }
}
