package io.presage.e2e.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.e2e.cluster.Balanced;
import io.presage.e2e.cluster.Client;
import io.presage.e2e.cluster.Cluster;
import io.presage.e2e.cluster.Eventually;
import io.presage.e2e.cluster.Flood;
import io.presage.e2e.cluster.Load;
import io.presage.e2e.cluster.TestModels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// More than one gateway. In order, because the last scenario kills one.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GatewaysIT {
    private static final Duration CHANGE_MAX = Duration.ofSeconds(60);
    private static final int PERMITS = 40;
    private static final int PERIOD_MILLIS = 500;
    /// 128 + 15: ended by its signal, as it should.
    private static final int TERMINATED = 143;

    @TempDir
    static Path folder;

    private static Cluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = Cluster.start("gateways", folder, 1);
        cluster.startGateway("gateway-2");
        int version = cluster.publish("steady", TestModels.plus(100));
        cluster.promote("steady", version, 10_000);
        cluster.awaitTable("gateway");
        cluster.awaitTable("gateway-2");
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    private static Client at(String gateway, Client caller) {
        return caller.at(cluster.address(gateway));
    }

    @Test
    @Order(1)
    void gatewaysThatAreRestartedOneByOne_loseNoCall() throws Exception {
        var admin = cluster.admin();
        var both = new Balanced(List.of(at("gateway", admin), at("gateway-2", admin)));
        try (var load = Load.start(both, "steady", 8, Map.of(1, 100f))) {
            load.goOn(500);
            for (var gateway : List.of("gateway", "gateway-2")) {
                assertThat(cluster.stop(gateway)).isEqualTo(TERMINATED);
                load.goOn(500);
                cluster.startGateway(gateway);
                load.goOn(500);
            }
            assertThat(load.failures()).isEmpty();
        }
    }

    @Test
    @Order(2)
    void limitOfATenant_holdsOverAllGateways_whoeverComesAndGoes() throws Exception {
        var put = cluster.admin()
                .put(
                        "/api/v1/tenants/acme",
                        Map.of("limits", Map.of("calls", Map.of("permits", PERMITS, "periodMillis", PERIOD_MILLIS))));
        assertThat(put.status()).as(put.toString()).isEqualTo(201);
        var caller = cluster.key("acme", List.of("PREDICT"), Map.of("tenant", "acme"));
        for (var gateway : List.of("gateway", "gateway-2")) {
            cluster.awaitTable(gateway);
            awaitGateways(gateway, 2);
        }

        var since = System.nanoTime();
        try (var one = Flood.start(at("gateway", caller), "steady");
                var two = Flood.start(at("gateway-2", caller), "steady")) {
            // Without slices, both together would have that in half of the time, and be over the bound.
            Eventually.holds("calls of both", CHANGE_MAX, () -> one.letIn() + two.letIn() >= 12 * PERMITS);
            assertWithin(one.letIn() + two.letIn(), since, 2);
            assertThat(one.letIn()).isPositive();
            assertThat(two.letIn()).isPositive();
            assertThat(one.refused()).isPositive();
            assertThat(two.refused()).isPositive();
            assertThat(shares()).containsOnlyKeys("gateway", "gateway-2");

            two.leave();
            cluster.kill("gateway-2");
            Eventually.holds(
                    "the share of the gateway that died is the other's",
                    CHANGE_MAX,
                    () -> shares().equals(Map.of("gateway", PERMITS)));
            assertWithin(one.letIn() + two.letIn(), since, 2);

            cluster.startGateway("gateway-3");
            cluster.awaitTable("gateway-3");
            awaitGateways("gateway-3", 2);
            try (var three = Flood.start(at("gateway-3", caller), "steady")) {
                Eventually.holds(
                        "the gateway that came has its part",
                        CHANGE_MAX,
                        () -> shares().getOrDefault("gateway-3", 0) >= PERMITS / 4 && three.letIn() >= PERMITS);
                assertWithin(one.letIn() + two.letIn() + three.letIn(), since, 3);
                assertThat(three.failures()).isEmpty();
            }
            assertThat(one.failures()).isEmpty();
            assertThat(two.failures()).isEmpty();
        }
    }

    private static void awaitGateways(String gateway, int count) throws Exception {
        Eventually.holds(
                gateway + " knows of " + count + " gateways",
                CHANGE_MAX,
                () -> cluster.metric(gateway, "presage_gateway_gateways", Map.of()) == count);
    }

    /// What gateways may use of the tenant's limit, by gateway: never more than all of it, but for what one begins
    /// with.
    private static Map<String, Integer> shares() throws Exception {
        var shares = new HashMap<String, Integer>();
        for (var limit : cluster.admin().get("/api/v1/limits").body().path("limits")) {
            if (limit.path("limit").asString().equals("tenant/acme/calls")) {
                for (var share : limit.path("gateways")) {
                    shares.put(
                            share.path("gateway").asString(),
                            share.path("permits").asInt());
                }
            }
        }
        assertThat(shares.values().stream().mapToInt(Integer::intValue).sum())
                .as(shares.toString())
                .isLessThanOrEqualTo(PERMITS + PERMITS / 10);
        return shares;
    }

    /// The limit in every period since then, the first and the last whole, and a tenth of its even share once for
    /// each gateway that began to count.
    private static void assertWithin(long letIn, long sinceNanos, int gateways) {
        long periods = Duration.ofNanos(System.nanoTime() - sinceNanos).toMillis() / PERIOD_MILLIS + 2;
        assertThat(letIn)
                .as("let in within " + periods + " periods")
                .isLessThanOrEqualTo(periods * PERMITS + gateways * PERMITS / 10);
    }
}
