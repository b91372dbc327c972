package io.presage.e2e.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.e2e.cluster.Cluster;
import io.presage.e2e.cluster.Eventually;
import io.presage.e2e.cluster.TestModels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Int8 siblings, from the wish to the promoted version.
class SiblingIT {
    private static final int SIZE = 128;

    @TempDir
    static Path folder;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start("sibling", folder, 1);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @Test
    void siblingAskedForAtUpload_isComparedPromotedAndAnswers() throws Exception {
        cluster.admin().post("/api/v1/models", Map.of("name", "twice"));
        var uploaded = cluster.admin().post("/api/v1/models/twice/versions?quantize=int8", TestModels.twice(SIZE));
        assertThat(uploaded.status()).as(uploaded.toString()).isEqualTo(201);
        assertThat(cluster.verdict("twice", 1).path("state").asString()).isEqualTo("READY");
        var sibling = cluster.verdict("twice", 2);
        assertThat(sibling.path("state").asString()).as(sibling.toString()).isEqualTo("READY");
        assertThat(sibling.path("derivedFrom").asInt()).isEqualTo(1);

        for (int version : new int[] {1, 2}) {
            var pair = cluster.verdict("twice", version).path("siblings").path(0);
            assertThat(pair.path("derivation").asString()).isEqualTo("int8-dynamic");
            assertThat(pair.path("derived").path("packageBytes").asLong())
                    .isLessThan(pair.path("original").path("packageBytes").asLong() / 3);
            assertThat(pair.path("original").path("millisOfOneRow").asDouble()).isPositive();
            assertThat(pair.path("derived").path("millisOfOneRow").asDouble()).isPositive();
            assertThat(pair.path("answers").path("madeUp").asBoolean()).isTrue();
            assertThat(pair.path("answers").path("minCosine").asDouble()).isGreaterThan(0.999);
        }

        cluster.promote("twice", 1, 10_000);
        assertThat(number(1)).isEqualTo(2);
        cluster.promote("twice", 2, 10_000);
        assertThat(number(2)).isCloseTo(2, within(0.02));
    }

    @Test
    void modelThatHasNothingToQuantise_keepsItsOriginal() throws Exception {
        int original = cluster.publish("small", TestModels.plus(1));
        var asked = cluster.admin()
                .post("/api/v1/models/small/versions/" + original + "/siblings", Map.of("quantize", "int8"));
        assertThat(asked.status()).as(asked.toString()).isEqualTo(201);
        var verdict = cluster.verdict("small", asked.body().path("version").asInt());
        assertThat(verdict.path("state").asString()).isEqualTo("REJECTED");
        assertThat(verdict.path("failure").path("cause").asString()).isEqualTo("nothing-to-quantise");
        cluster.promote("small", original, 10_000);
        cluster.awaitAnswer("small", original);
    }

    /// The first number of the answer to ones, by `version`.
    private static double number(int version) throws Exception {
        var ones = IntStream.range(0, SIZE).mapToObj(_ -> "1").collect(Collectors.joining(","));
        var request = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1," + SIZE + "],\"datatype\":\"FP32\",\"data\":[" + ones
                + "]}]}";
        return Eventually.present("an answer by version " + version, Duration.ofSeconds(30), () -> {
            var answer = cluster.admin().infer("twice", request, Map.of("Content-Type", "application/json"));
            return answer.status() == 200 && answer.version() == version
                    ? Optional.of(answer.body()
                            .path("outputs")
                            .path(0)
                            .path("data")
                            .path(0)
                            .asDouble())
                    : Optional.<Double>empty();
        });
    }
}
