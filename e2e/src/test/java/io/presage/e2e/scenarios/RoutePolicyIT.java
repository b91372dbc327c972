package io.presage.e2e.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.e2e.cluster.Answer;
import io.presage.e2e.cluster.Cluster;
import io.presage.e2e.cluster.Eventually;
import io.presage.e2e.cluster.TestModels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// What a route does beside its split, and calls for versions that nobody holds yet: set through the control API,
/// seen at a gateway with a real worker behind it.
class RoutePolicyIT {
    private static final Duration CHANGE_MAX = Duration.ofSeconds(30);
    private static final int WAITING_MAX = 3;

    @TempDir
    static Path folder;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start(
                "route-policy",
                folder,
                1,
                Map.of(
                        "gateway",
                        List.of("--gateway.shadow.report-every=200ms", "--gateway.waiting.calls-max=" + WAITING_MAX)));
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @Test
    void shadowIsCompared_pairByPair_andNobodyNotices() throws Exception {
        int active = active("compared", 100);
        int same = cluster.publish("compared", TestModels.plus(100));
        int other = cluster.publish("compared", TestModels.plus(250));
        int calls = 40;

        shadow("compared", same);
        call("compared", calls);
        var equal = awaitPair("compared", active, same, calls);
        assertThat(equal.path("same").asInt()).as(equal.toString()).isEqualTo(calls);
        assertThat(equal.path("different").asInt()).isZero();
        assertThat(equal.path("differenceMax").asDouble()).isZero();

        shadow("compared", other);
        call("compared", calls);
        var different = awaitPair("compared", active, other, calls);
        assertThat(different.path("different").asInt()).as(different.toString()).isEqualTo(calls);
        assertThat(different.path("same").asInt()).isZero();
        assertThat(different.path("differenceMax").asDouble()).isEqualTo(150, within(0.001));
        assertThat(different.path("topChanged").asInt())
                .as("every number moved alike")
                .isZero();
        assertThat(different.path("meanMillis").asDouble()).isPositive();
        assertThat(different.path("shadowMeanMillis").asDouble()).isPositive();
        assertThat(awaitPair("compared", active, same, calls).path("same").asInt())
                .as("the other pair's sums stay")
                .isEqualTo(calls);

        assertThat(shadowCalls("compared", active, same, "same")).isEqualTo(calls);
        assertThat(shadowCalls("compared", active, other, "different")).isEqualTo(calls);
        assertThat(cluster.admin().delete("/api/v1/models/compared/shadows").status())
                .isEqualTo(204);
        assertThat(pairs("compared")).isEmpty();
    }

    @Test
    void cachedAnswer_isOfTheVersionInForce() throws Exception {
        int first = active("cached", 100);
        policy("cached", Map.of("cache", Map.of("maxAgeMillis", 600_000, "maxBytes", 1_000_000)));

        assertThat(cacheOf(predict("cached", first, 101))).isEmpty();
        assertThat(cacheOf(predict("cached", first, 101))).contains("hit");

        int second = cluster.publish("cached", TestModels.plus(200));
        cluster.promote("cached", second, 10_000);
        cluster.awaitTable("gateway");
        assertThat(cacheOf(predict("cached", second, 201)))
                .as("the answer that was kept is version 1's")
                .isEmpty();
        assertThat(cacheOf(predict("cached", second, 201))).contains("hit");

        var back = cluster.admin().post("/api/v1/models/cached/rollback", Map.of());
        assertThat(back.status()).as(back.toString()).isBetween(200, 299);
        cluster.awaitInForce("cached");
        cluster.awaitTable("gateway");
        assertThat(cacheOf(predict("cached", first, 101)))
                .as("still kept, and right again")
                .contains("hit");
        assertThat(cacheCalls("hit")).isEqualTo(3);
        assertThat(cacheCalls("miss")).isEqualTo(2);
    }

    @Test
    void callForAVersionThatIsBeingLoaded_waits_orIsToldWhenToComeBack() throws Exception {
        int version = cluster.publish("asleep", TestModels.plus(100));
        cluster.awaitTable("gateway");
        var nobody = pinned("asleep", version, Map.of());
        assertThat(nobody.code()).isEqualTo("VERSION_NOT_READY");
        assertThat(nobody.status()).isEqualTo(503);

        var waiting = new ArrayList<CompletableFuture<Answer>>();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            cluster.freeze("worker-1");
            try {
                var alias = cluster.admin().put("/api/v1/models/asleep/aliases/warm", Map.of("version", version));
                assertThat(alias.status()).as(alias.toString()).isBetween(200, 299);
                Eventually.holds(
                        "the gateway knows that it is being loaded",
                        CHANGE_MAX,
                        () -> pinned("asleep", version, Map.of("Presage-Timeout-Ms", "100"))
                                        .status()
                                == 504);
                for (int i = 0; i < WAITING_MAX; i++) {
                    waiting.add(CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    return pinned("asleep", "warm", Map.of());
                                } catch (Exception e) {
                                    throw new AssertionError(e);
                                }
                            },
                            callers));
                }
                Eventually.holds("all wait", CHANGE_MAX, () -> waitingCalls() == WAITING_MAX);
                var full = pinned("asleep", version, Map.of());
                assertThat(full.status()).isEqualTo(503);
                assertThat(full.code()).isEqualTo("VERSION_NOT_READY");
                assertThat(full.headers().firstValueAsLong("Retry-After").orElse(0))
                        .isBetween(1L, 60L);
            } finally {
                cluster.thaw("worker-1");
            }
            for (var answer : waiting) {
                assertIs(answered(answer), version, 101);
            }
        }
        assertThat(waitingCalls()).isZero();
        assertThat(pinned("asleep", version, Map.of()).status()).isEqualTo(200);
    }

    private static Answer answered(CompletableFuture<Answer> answer) throws Exception {
        try {
            return answer.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private static int active(String model, float increment) throws Exception {
        int version = cluster.publish(model, TestModels.plus(increment));
        cluster.promote(model, version, 10_000);
        cluster.awaitAnswer(model, version);
        return version;
    }

    private static void policy(String model, Map<String, ?> policy) throws Exception {
        var answer = cluster.admin().put("/api/v1/models/" + model + "/route/policy", policy);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        cluster.awaitTable("gateway");
    }

    /// All calls, with nothing dropped for want of room or a replica.
    private static void shadow(String model, int version) throws Exception {
        var shadow = new HashMap<String, Object>();
        shadow.put("version", version);
        shadow.put("shareBasisPoints", 10_000);
        shadow.put("tolerance", 0.001);
        shadow.put("inFlightMax", 64);
        policy(model, Map.of("shadow", shadow));
        cluster.awaitReplicas(model, version, 1);
        cluster.awaitTable("gateway");
    }

    private static void call(String model, int calls) throws Exception {
        for (int i = 0; i < calls; i++) {
            predict(model, 1, 101);
        }
    }

    private static JsonNode awaitPair(String model, int version, int shadow, int compared) throws Exception {
        return Eventually.present(compared + " comparisons with " + shadow, CHANGE_MAX, () -> {
            for (var pair : pairs(model)) {
                if (pair.path("version").asInt() == version
                        && pair.path("shadow").asInt() == shadow
                        && pair.path("compared").asInt() >= compared) {
                    return Optional.of(pair);
                }
            }
            return Optional.empty();
        });
    }

    private static JsonNode pairs(String model) throws Exception {
        return cluster.admin()
                .get("/api/v1/models/" + model + "/shadows")
                .body()
                .path("pairs");
    }

    private static double shadowCalls(String model, int version, int shadow, String result) throws Exception {
        return cluster.metric(
                "gateway",
                "presage_gateway_shadow_calls_total",
                Map.of("model", model, "version", "" + version, "shadow", "" + shadow, "result", result));
    }

    private static double cacheCalls(String result) throws Exception {
        return cluster.metric(
                "gateway", "presage_gateway_cache_calls_total", Map.of("model", "cached", "result", result));
    }

    private static double waitingCalls() throws Exception {
        return cluster.metric("gateway", "presage_gateway_waiting_calls", Map.of());
    }

    private static Answer predict(String model, int version, double number) throws Exception {
        return assertIs(cluster.admin().predict(model, Map.of()), version, number);
    }

    private static Answer pinned(String model, Object version, Map<String, String> headers) throws Exception {
        return cluster.admin().predict(model + "/versions/" + version, headers);
    }

    private static Answer assertIs(Answer answer, int version, double number) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertThat(answer.version()).isEqualTo(version);
        assertThat(answer.number()).isEqualTo(number);
        return answer;
    }

    private static Optional<String> cacheOf(Answer answer) {
        return answer.headers().firstValue("Presage-Cache");
    }
}
