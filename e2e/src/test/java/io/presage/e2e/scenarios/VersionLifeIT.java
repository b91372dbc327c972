package io.presage.e2e.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.e2e.cluster.Client;
import io.presage.e2e.cluster.Cluster;
import io.presage.e2e.cluster.Eventually;
import io.presage.e2e.cluster.Load;
import io.presage.e2e.cluster.TestModels;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A version's life and its callers, in a cluster of two workers in which nothing breaks.
class VersionLifeIT {
    private static final String TENSOR = "{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}";

    @TempDir
    static Path folder;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start("version-life", folder, 2);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @Test
    void uploadedVersion_isValidatedPromotedAndAnswers() throws Exception {
        int version = cluster.publish("life", TestModels.plus(100));
        var card = cluster.verdict("life", version);
        assertThat(card.path("sha256").asString()).matches("[0-9a-f]{64}");
        cluster.promote("life", version, 10_000);
        cluster.awaitAnswer("life", version);

        var answer = cluster.admin().infer("life", "{\"id\":\"mine\",\"inputs\":[" + TENSOR + "]}", Map.of());

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.version()).isEqualTo(version);
        assertThat(answer.body().path("id").asString()).isEqualTo("mine");
        assertThat(answer.body().path("outputs").path(0).path("data").toString())
                .isIn("[101.0,102.0,103.0,104.0]", "[101,102,103,104]");
        assertThat(cluster.admin()
                        .get("/v2/models/life")
                        .body()
                        .path("inputs")
                        .path(0)
                        .path("name")
                        .asString())
                .isEqualTo("x");
    }

    @Test
    void brokenFile_isRejectedWithANamedCause() throws Exception {
        var whole = TestModels.plus(1);
        var broken = Arrays.copyOf(whole, whole.length - 20);

        var verdict = cluster.verdict("broken", cluster.upload("broken", broken));

        assertThat(verdict.path("state").asString()).isEqualTo("REJECTED");
        var failure = verdict.path("failure");
        assertThat(failure.path("cause").asString()).isEqualTo("corrupt-model");
        assertThat(failure.path("evidence").asString()).isNotBlank();
        assertThat(failure.path("fix").asString()).isNotBlank();
        assertThat(cluster.admin()
                        .post("/api/v1/models/broken/promote", Map.of("version", 1))
                        .status())
                .isEqualTo(409);
    }

    @Test
    void canaryOf10Percent_takesThatShare() throws Exception {
        canary("canary");
        int calls = 3000;
        var load = cluster.admin();

        int candidate = 0;
        for (int i = 0; i < calls; i++) {
            var answer = load.predict("canary", Map.of());
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.number()).isEqualTo(answer.version() == 1 ? 101 : 201);
            candidate += answer.version() == 2 ? 1 : 0;
        }

        // Binomial(3000, 0.1): mean 300, standard deviation 16.4. Five of them fail by chance once in 1.7 million runs.
        assertThat(candidate).isBetween(300 - 82, 300 + 82);
    }

    @Test
    void sameStickyKey_isAlwaysOnTheSameSide() throws Exception {
        canary("sticky");
        var active = new HashSet<String>();
        var candidate = new HashSet<String>();
        for (int user = 0; user < 150; user++) {
            (side("user-" + user) == 1 ? active : candidate).add("user-" + user);
        }
        assertThat(active).isNotEmpty();
        assertThat(candidate).isNotEmpty();
        for (int round = 0; round < 2; round++) {
            assertThat(active).allMatch(user -> side(user) == 1);
            assertThat(candidate).allMatch(user -> side(user) == 2);
        }

        cluster.promote("sticky", 2, 5000);

        // Raising the weight moves calls only towards the candidate.
        Eventually.holds(
                "the gateway follows",
                Duration.ofSeconds(30),
                () -> active.stream().anyMatch(user -> side(user) == 2));
        assertThat(candidate).allMatch(user -> side(user) == 2);
    }

    @Test
    void rollBackUnderLoad_failsNoCall() throws Exception {
        int first = cluster.publish("rollback", TestModels.plus(100));
        cluster.promote("rollback", first, 10_000);
        cluster.awaitAnswer("rollback", first);
        int second = cluster.publish("rollback", TestModels.plus(200));

        try (var load = Load.start(cluster.admin(), "rollback", 8, Map.of(first, 100f, second, 200f))) {
            load.goOn(200);
            cluster.promote("rollback", second, 10_000);
            Eventually.holds("promoted version answers", Duration.ofSeconds(30), () -> load.answers(second) > 200);
            var answer = cluster.admin().post("/api/v1/models/rollback/rollback", Map.of());
            assertThat(answer.status()).as(answer.toString()).isBetween(200, 299);
            cluster.awaitInForce("rollback");
            cluster.awaitAnswer("rollback", first);
            long secondAnswers = load.answers(second);
            load.goOn(500);

            assertThat(load.failures()).isEmpty();
            // Those in flight while the gateway followed.
            assertThat(load.answers(second) - secondAnswers).isLessThanOrEqualTo(8);
        }
    }

    @Test
    void callerWithoutAValidKey_is401() throws Exception {
        ready("keys");
        for (var key : List.of("", "nonsense", "presage_aaaaaaaaaaaa_" + "A".repeat(43))) {
            var answer = cluster.admin().withKey(key).predict("keys", Map.of());
            assertThat(answer.status()).as(key).isEqualTo(401);
            assertThat(answer.code()).isEqualTo("UNAUTHENTICATED");
            assertThat(cluster.admin().withKey(key).get("/api/v1/models").status())
                    .as(key)
                    .isEqualTo(401);
        }
    }

    @Test
    void callerWithAnotherRole_is403() throws Exception {
        ready("roles");
        var caller = cluster.key("caller", List.of("PREDICT"), Map.of());
        var publisher = cluster.key("publisher", List.of("PUBLISH"), Map.of());

        assertThat(caller.predict("roles", Map.of()).status()).isEqualTo(200);
        assertThat(caller.post("/api/v1/models", Map.of("name", "mine")).status())
                .isEqualTo(403);
        assertThat(caller.post("/api/v1/models/roles/promote", Map.of("version", 1))
                        .status())
                .isEqualTo(403);
        assertThat(publisher
                        .post("/api/v1/models/roles/promote", Map.of("version", 1))
                        .status())
                .isEqualTo(403);
        assertThat(publisher.get("/api/v1/keys").status()).isEqualTo(403);
        var refused = publisher.predict("roles", Map.of());
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.code()).isEqualTo("PERMISSION_DENIED");
    }

    @Test
    void unknownModelOrVersion_is404() throws Exception {
        ready("known");
        assertThat(cluster.admin().predict("unknown", Map.of()).code()).isEqualTo("MODEL_NOT_FOUND");
        assertThat(cluster.admin().predict("unknown", Map.of()).status()).isEqualTo(404);
        assertThat(cluster.admin().predict("known/versions/99", Map.of()).status())
                .isEqualTo(404);
        assertThat(cluster.admin().get("/v2/models/unknown").status()).isEqualTo(404);
        assertThat(cluster.admin().get("/api/v1/models/unknown").status()).isEqualTo(404);
    }

    @Test
    void wrongTensors_are400AndCostNothingElse() throws Exception {
        ready("tensors");
        var wrong = Map.of(
                "datatype", TENSOR.replace("FP32", "INT64"),
                "shape", TENSOR.replace("[1,4]", "[1,5]").replace("[1,2,3,4]", "[1,2,3,4,5]"),
                "too little data", TENSOR.replace("[1,2,3,4]", "[1,2,3]"),
                "too much data", TENSOR.replace("[1,2,3,4]", "[1,2,3,4,5]"),
                "name", TENSOR.replace("\"x\"", "\"z\""),
                "text for numbers", TENSOR.replace("[1,2,3,4]", "[\"1\",2,3,4]"),
                "overflowing shape", TENSOR.replace("[1,4]", "[4611686018427387904,4]"),
                "negative shape", TENSOR.replace("[1,4]", "[-1,4]"));
        for (var one : wrong.entrySet()) {
            var answer = cluster.admin().infer("tensors", "{\"inputs\":[" + one.getValue() + "]}", Map.of());
            assertThat(answer.status()).as(one.getKey() + ": " + answer).isEqualTo(400);
            assertThat(answer.body().path("error").asString()).as(one.getKey()).isNotBlank();
        }
        for (var broken : List.of("", "{", "[]", "{}", "{\"inputs\":[]}", "[".repeat(100_000))) {
            assertThat(cluster.admin().infer("tensors", broken, Map.of()).status())
                    .as(broken.length() > 20 ? "deep nesting" : broken)
                    .isEqualTo(400);
        }
        assertThat(cluster.admin().predict("tensors", Map.of()).number()).isEqualTo(101);
    }

    @Test
    void bodyOverTheLimit_is413BeforeItIsSent() throws Exception {
        ready("bodies");
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), cluster.gatewayPort())) {
            socket.setSoTimeout(10_000);
            var head = "POST /v2/models/bodies/infer HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                    + cluster.adminKey() + "\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(statusLine(socket.getInputStream())).startsWith("HTTP/1.1 413");
        }
    }

    @Test
    void moreCallsThanTheRate_are429WithRetryAfter() throws Exception {
        ready("rate");
        var limited = cluster.key(
                "limited", List.of("PREDICT"), Map.of("limit", Map.of("permits", 5, "periodMillis", 600_000)));
        var statuses = new ArrayList<Integer>();
        for (int i : IntStream.range(0, 8).toArray()) {
            var answer = limited.predict("rate", Map.of());
            statuses.add(answer.status());
            if (i >= 5) {
                assertThat(answer.code()).isEqualTo("RATE_LIMITED");
                assertThat(answer.headers().firstValueAsLong("Retry-After").orElse(0))
                        .isPositive();
            }
        }
        assertThat(statuses).containsExactly(200, 200, 200, 200, 200, 429, 429, 429);
        assertThat(cluster.admin().predict("rate", Map.of()).status()).isEqualTo(200);
    }

    /// Version 1 is active, version 2 its candidate with a tenth of the calls.
    private static void canary(String model) throws Exception {
        ready(model);
        cluster.promote(model, cluster.publish(model, TestModels.plus(200)), 1000);
        Client client = cluster.admin();
        Eventually.holds(
                "a call on the candidate of " + model,
                Duration.ofSeconds(30),
                () -> client.predict(model, Map.of()).version() == 2);
    }

    private static void ready(String model) throws Exception {
        int version = cluster.publish(model, TestModels.plus(100));
        cluster.promote(model, version, 10_000);
        cluster.awaitAnswer(model, version);
    }

    private static int side(String sticky) {
        try {
            return cluster.admin()
                    .predict("sticky", Map.of("Presage-Sticky-Key", sticky))
                    .version();
        } catch (Exception e) {
            throw new AssertionError(sticky, e);
        }
    }

    private static String statusLine(InputStream in) throws Exception {
        var line = new StringBuilder();
        for (int next = in.read(); next >= 0 && next != '\r'; next = in.read()) {
            line.append((char) next);
        }
        return line.toString();
    }
}
