package io.presage.e2e.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.e2e.cluster.Cluster;
import io.presage.e2e.cluster.Eventually;
import io.presage.e2e.cluster.Load;
import io.presage.e2e.cluster.TestModels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A worker with the XGBoost pack, which runs in child processes of the worker's own jar.
class EnginesIT {
    private static final Map<Integer, Float> INCREMENTS = Map.of(1, 100f);

    @TempDir
    static Path folder;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        var pack = Path.of(System.getProperty("e2e.root"), "engines/xgboost/target/pack");
        var packs = Files.createDirectories(folder.resolve("packs"));
        Files.createSymbolicLink(packs.resolve("xgboost"), pack.toAbsolutePath());
        cluster = Cluster.start(
                "engines",
                folder,
                1,
                Map.of(
                        "worker",
                        List.of("--worker.engines.directory=" + packs, "--worker.engines.isolation.xgboost=process")));
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    /// One tree: the first feature below a half is 10, else 20.
    private static byte[] tree() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(EnginesIT.class.getResourceAsStream("/xgboost/model.json"), "model.json")) {
            return in.readAllBytes();
        }
    }

    private static String predictions() throws Exception {
        return cluster.admin()
                .infer(
                        "tree",
                        "{\"inputs\":[{\"name\":\"features\",\"shape\":[2,2],\"datatype\":\"FP32\","
                                + "\"data\":[0.1,0,0.9,0]}]}",
                        Map.of())
                .body()
                .path("outputs")
                .path(0)
                .path("data")
                .toString();
    }

    @Test
    void killedEngine_comesBack_andTheWorkerDoesNotNotice() throws Exception {
        int steady = cluster.publish("steady", TestModels.plus(100));
        cluster.promote("steady", steady, 10_000);
        cluster.promote("tree", cluster.publish("tree", tree()), 10_000);
        Eventually.holds(
                "the tree answers",
                Duration.ofSeconds(60),
                () -> predictions().replace(".0", "").equals("[10,20]"));

        try (var load = Load.start(cluster.admin(), "steady", 4, INCREMENTS)) {
            load.goOn(200);
            var engines = cluster.childrenOf("worker-1");
            assertThat(engines).hasSize(1);
            engines.getFirst().destroyForcibly();
            Eventually.holds(
                    "the tree answers again",
                    Duration.ofSeconds(60),
                    () -> predictions().replace(".0", "").equals("[10,20]"));
            load.goOn(200);

            assertThat(load.failures()).isEmpty();
        }
        assertThat(cluster.childrenOf("worker-1")).hasSize(1);
    }

    @Test
    void modelOfAnEngineThatIsNotThere_isRejectedWithTheWayOut() throws Exception {
        var text = "tree\nversion=v3\nnum_class=1\n".getBytes(StandardCharsets.US_ASCII);
        var verdict = cluster.verdict("light", cluster.upload("light", text));

        assertThat(verdict.path("state").asString()).isEqualTo("REJECTED");
        assertThat(verdict.path("failure").path("cause").asString()).isEqualTo("engine-missing");
        assertThat(verdict.path("failure").path("fix").asString()).contains("the pack lightgbm");
    }
}
