package io.presage.e2e.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.e2e.cluster.Cluster;
import io.presage.e2e.cluster.Eventually;
import io.presage.e2e.cluster.Load;
import io.presage.e2e.cluster.TestModels;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// Parts of a cluster die under load. In order, because the last scenario leaves no control plane behind, and
/// because starting a cluster for each would cost more than all of them take.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FailureIT {
    private static final Map<Integer, Float> INCREMENTS = Map.of(1, 100f);

    @TempDir
    static Path folder;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start("failure", folder, 2);
        int version = cluster.publish("steady", TestModels.plus(100));
        var deployed = cluster.admin().put("/api/v1/models/steady/deployment", Map.of("replicas", 2));
        assertThat(deployed.status()).as(deployed.toString()).isBetween(200, 299);
        cluster.promote("steady", version, 10_000);
        cluster.awaitAnswer("steady", version);
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @Test
    @Order(1)
    void killedWorkerUnderLoad_failsNoCallWhileAnotherReplicaLives() throws Exception {
        cluster.awaitReplicas("steady", 1, 2);
        try (var load = Load.start(cluster.admin(), "steady", 8, INCREMENTS)) {
            load.goOn(500);
            cluster.kill("worker-1");
            load.goOn(2000);
            cluster.restart("worker-1");
            cluster.awaitReplicas("steady", 1, 2);
            load.goOn(500);
            cluster.kill("worker-2");
            load.goOn(2000);

            assertThat(load.failures()).isEmpty();
        }
        cluster.restart("worker-2");
        cluster.awaitReplicas("steady", 1, 2);
    }

    @Test
    @Order(2)
    void stoppedControlPlane_leavesPredictionsGoing() throws Exception {
        try (var load = Load.start(cluster.admin(), "steady", 4, INCREMENTS)) {
            load.goOn(200);
            cluster.killControlPlane();
            load.goOn(2000);

            assertThat(load.failures()).isEmpty();
        }

        cluster.kill("gateway");
        cluster.restart("gateway");
        cluster.awaitGateway();
        serves();

        cluster.kill("worker-1");
        cluster.kill("worker-2");
        cluster.restart("worker-1");
        Eventually.holds(
                "a worker restarted without a registry serves",
                Cluster.START_MAX,
                () -> cluster.admin().predict("steady", Map.of()).status() == 200);
        serves();

        var control = cluster.admin().get("/api/v1/models");
        assertThat(control.status()).isEqualTo(503);
        assertThat(control.headers().firstValue("Retry-After")).isPresent();
    }

    private static void serves() throws Exception {
        try (var load = Load.start(cluster.admin(), "steady", 4, INCREMENTS)) {
            load.goOn(500);
            assertThat(load.failures()).isEmpty();
        }
    }
}
