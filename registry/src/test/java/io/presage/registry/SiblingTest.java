package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.DesiredState.Derivation;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// From the wish for an int8 sibling to its comparison, with a worker that answers what the test says.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SiblingTest {
    private static final byte[] SMALL = "the int8 package".getBytes(StandardCharsets.UTF_8);

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

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static String derived(String sha256) {
        return """
                {"workerId": "w1", "derived": {"sha256": "%s", "weights": 3, "originalModelBytes": 4000,
                 "derivedModelBytes": 1000, "answers": {"samples": 2, "madeUp": false, "maxAbsDifference": 0.125,
                 "meanAbsDifference": 0.0625, "minCosine": 0.99}}}""".formatted(sha256);
    }

    private static String failed(String cause) {
        return """
                {"workerId": "w1", "failure": {"phase": "quantise", "cause": "%s", "evidence": "e", "fix": "f"}}""".formatted(cause);
    }

    private JsonNode version(String model, int version) throws Exception {
        return registry.get("/api/v1/models/" + model + "/versions/" + version)
                .expect(200)
                .json();
    }

    private Derivation derivation(String model) throws Exception {
        return registry
                .desired(
                        worker.id,
                        it -> it.derivations().stream().anyMatch(d -> d.model().equals(model)))
                .derivations()
                .stream()
                .filter(d -> d.model().equals(model))
                .findFirst()
                .orElseThrow();
    }

    private RunningRegistry.Answer put(String id, byte[] bytes, String sha256) throws Exception {
        return registry.internal(
                "PUT", "/internal/derivations/" + id + "?sha256=" + sha256, BodyPublishers.ofByteArray(bytes));
    }

    private RunningRegistry.Answer result(String id, String body) throws Exception {
        return registry.internal("POST", "/internal/derivations/" + id, BodyPublishers.ofString(body));
    }

    private int uploadWithSibling(String model) throws Exception {
        registry.post("/api/v1/models", "{\"name\": \"" + model + "\"}").expect(201);
        return registry.send(
                        registry.adminKey,
                        "POST",
                        "/api/v1/models/" + model + "/versions?quantize=int8",
                        BodyPublishers.ofString(model))
                .expect(201)
                .json()
                .path("version")
                .asInt();
    }

    @Test
    void siblingAskedForAtUpload_isMade_validated_compared_andPromotable() throws Exception {
        assertThat(uploadWithSibling("journey")).isEqualTo(1);
        var sibling = version("journey", 2);
        assertThat(sibling.path("state").asString()).isEqualTo("DERIVING");
        assertThat(sibling.path("derivedFrom").asInt()).isEqualTo(1);
        assertThat(sibling.path("derivation").asString()).isEqualTo("int8-dynamic");
        assertThat(sibling.path("reason").asString()).contains("version 1");
        assertThat(sibling.has("sha256")).isFalse();
        registry.post("/api/v1/models/journey/promote", "{\"version\": 2}").expect(409);

        worker.validates("journey", 1);
        var job = derivation("journey");
        assertThat(job.version()).isEqualTo(2);
        assertThat(job.kind()).isEqualTo("int8-dynamic");
        assertThat(job.sha256()).isEqualTo(sha256("journey".getBytes(StandardCharsets.UTF_8)));
        put(job.id(), SMALL, sha256(SMALL)).expect(204);
        assertThat(version("journey", 2).path("state").asString()).isEqualTo("DERIVING");
        result(job.id(), derived(sha256(SMALL))).expect(204);
        result(job.id(), failed("late")).expect(204);
        put(job.id(), SMALL, sha256(SMALL)).expect(409);
        var tuned = RunningRegistry.verdict("w1")
                .replace(
                        "\"millisPerCall\": 0.02",
                        "\"millisPerCall\": 0.02, \"tuning\": {\"deviceClass\": \"c\", \"intraOpThreads\": 1,"
                                + " \"instances\": 1, \"rowsMax\": 4, \"millisPerUnit\": 1, \"millisPerCall\": 1}");
        registry.internal(
                        "POST",
                        "/internal/validations/"
                                + worker.validation("journey", 2).id(),
                        BodyPublishers.ofString(tuned))
                .expect(204);
        registry.desired(
                worker.id,
                it -> it.derivations().stream().noneMatch(d -> d.model().equals("journey")));

        for (int side : new int[] {1, 2}) {
            var pairs = version("journey", side).path("siblings");
            assertThat(pairs.size()).isEqualTo(1);
            var pair = pairs.path(0);
            assertThat(pair.path("derivation").asString()).isEqualTo("int8-dynamic");
            assertThat(pair.path("original").path("version").asInt()).isEqualTo(1);
            assertThat(pair.path("original").path("packageBytes").asInt()).isEqualTo(7);
            assertThat(pair.path("original").path("modelBytes").asInt()).isEqualTo(4000);
            assertThat(pair.path("derived").path("version").asInt()).isEqualTo(2);
            assertThat(pair.path("derived").path("state").asString()).isEqualTo("READY");
            assertThat(pair.path("derived").path("packageBytes").asInt()).isEqualTo(SMALL.length);
            assertThat(pair.path("derived").path("modelBytes").asInt()).isEqualTo(1000);
            assertThat(pair.path("derived").path("memoryBytes").asInt()).isEqualTo(1000);
            assertThat(pair.path("derived").path("millisOfOneRow").asDouble()).isEqualTo(0.03);
            assertThat(pair.path("derived").path("tuning").path("rowsMax").asInt())
                    .isEqualTo(4);
            assertThat(pair.path("answers").path("minCosine").asDouble()).isEqualTo(0.99);
            assertThat(pair.path("answers").path("topClassChanged").isNull()).isTrue();
        }
        registry.post("/api/v1/models/journey/promote", "{\"version\": 2}").expect(200);
        assertThat(registry.get("/api/v1/models/journey/versions")
                        .json()
                        .path("versions")
                        .path(0)
                        .path("siblings")
                        .size())
                .isEqualTo(1);
    }

    @Test
    void siblingAskedForLater_onceAtATime() throws Exception {
        registry.readyModel("later", 1, worker);
        var path = "/api/v1/models/later/versions/1/siblings";
        assertThat(registry.post(path, "{\"quantize\": \"int4\"}").expect(400).detail())
                .contains("expected: int8");
        registry.post(path, "{}").expect(400);
        assertThat(registry.post(path, "{\"quantize\": \"int8\"}")
                        .expect(201)
                        .json()
                        .path("version")
                        .asInt())
                .isEqualTo(2);
        assertThat(registry.post(path, "{\"quantize\": \"int8\"}").expect(409).detail())
                .contains("sibling 2 already");
        assertThat(registry.post("/api/v1/models/later/versions/2/siblings", "{\"quantize\": \"int8\"}")
                        .expect(409)
                        .detail())
                .contains("made of version 1");
        registry.post("/api/v1/models/later/versions/9/siblings", "{\"quantize\": \"int8\"}")
                .expect(404);
        var promoter = registry.key("{\"name\": \"p\", \"roles\": [\"PROMOTE\"]}");
        registry.send(promoter, "POST", path, BodyPublishers.ofString("{\"quantize\": \"int8\"}"))
                .expect(403);

        var job = derivation("later");
        result(job.id(), derived(sha256(SMALL))).expect(409);
        put(job.id(), SMALL, "0".repeat(64)).expect(400);
        registry.internal("PUT", "/internal/derivations/" + job.id(), BodyPublishers.ofByteArray(SMALL))
                .expect(400);
        put("never", SMALL, sha256(SMALL)).expect(404);
        result("never", failed("x")).expect(404);
        result(job.id(), failed("nothing-to-quantise")).expect(204);
        var rejected = version("later", 2);
        assertThat(rejected.path("state").asString()).isEqualTo("REJECTED");
        assertThat(rejected.path("failure").path("cause").asString()).isEqualTo("nothing-to-quantise");
        assertThat(version("later", 1)
                        .path("siblings")
                        .path(0)
                        .path("derived")
                        .path("state")
                        .asString())
                .isEqualTo("REJECTED");
        registry.post(path, "{\"quantize\": \"int8\"}").expect(201);
    }

    @Test
    void siblingOfARejectedOriginal_isRejected() throws Exception {
        uploadWithSibling("orphan");
        var validation = worker.validation("orphan", 1);
        registry.internal(
                        "POST",
                        "/internal/validations/" + validation.id(),
                        BodyPublishers.ofString(RunningRegistry.failure("w1")))
                .expect(204);
        registry.routing(it -> it.models().stream()
                .filter(model -> model.name().equals("orphan"))
                .allMatch(model -> model.versions().isEmpty()));
        assertThat(version("orphan", 2).path("failure").path("cause").asString())
                .isEqualTo("original-gone");
    }

    @Test
    void archivedWhileItIsMade_isTakenBack() throws Exception {
        registry.readyModel("archived", 1, worker);
        registry.post("/api/v1/models/archived/versions/1/siblings", "{\"quantize\": \"int8\"}")
                .expect(201);
        var job = derivation("archived");
        registry.delete("/api/v1/models/archived/versions/2").expect(204);
        registry.desired(worker.id, it -> it.derivations().stream().noneMatch(d -> d.id().equals(job.id())));
        put(job.id(), SMALL, sha256(SMALL)).expect(409);
        result(job.id(), derived(sha256(SMALL))).expect(204);
        assertThat(version("archived", 2).path("state").asString()).isEqualTo("ARCHIVED");
    }

    @Test
    void thirdLostWorker_rejects(@TempDir Path directory) throws Exception {
        try (var other = RunningRegistry.start(PostgresFixture.freshDatabase(), directory)) {
            var first = other.new ScriptedWorker("victim", "life-0");
            first.say();
            other.readyModel("killer", 1, first);
            other.post("/api/v1/models/killer/versions/1/siblings", "{\"quantize\": \"int8\"}")
                    .expect(201);
            String latest = "";
            for (int i = 1; i <= 3; i++) {
                var seen = latest;
                latest = other.desired(
                                "victim",
                                it -> it.derivations().size() == 1
                                        && !it.derivations().getFirst().id().equals(seen))
                        .derivations()
                        .getFirst()
                        .id();
                other.new ScriptedWorker("victim", "life-" + i).say();
            }
            other.desired("victim", it -> it.derivations().isEmpty());
            var version = other.get("/api/v1/models/killer/versions/2").json();
            assertThat(version.path("state").asString()).isEqualTo("REJECTED");
            assertThat(version.path("failure").path("cause").asString()).isEqualTo("worker-died");
        }
    }
}
