package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.http.Headers;
import io.presage.contract.state.Limit;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Quota;
import io.presage.contract.state.Role;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Limits of tenants and models, shared with other gateways, over the wire.
class GatewayLimitsTest {
    private static final long HOUR_MILLIS = 3_600_000;

    @TempDir
    private Path data;

    private FakeRegistry registry;
    private FakeWorker worker;

    @BeforeEach
    void start() throws Exception {
        registry = new FakeRegistry();
        worker = new FakeWorker("w1");
    }

    @AfterEach
    void stop() {
        worker.close();
        registry.close();
    }

    private Gateway gateway(LimitRules rules, String... settings) {
        registry.publish(new RoutingTable(
                1,
                List.of(new RoutingTable.Model(
                        "fraud",
                        List.of(new RoutingTable.Target(1, 10_000)),
                        List.of(new RoutingTable.Version(1, List.of("w1"))),
                        Map.of("champion", 1))),
                List.of(new RoutingTable.Worker("w1", "127.0.0.1", worker.port())),
                List.of(new RoutingTable.Key(
                        "aaaaaaaaaaaa",
                        Gateway.key(Gateway.KEY, "aaaaaaaaaaaa", Set.of(), Set.of(), null)
                                .sha256(),
                        Set.of(Role.PREDICT),
                        Set.of(),
                        null,
                        "acme",
                        null)),
                rules));
        return new Gateway(registry.port(), data, settings).awaitRevision(1);
    }

    private static LimitRules acme(Limits limits, Quota quota) {
        return new LimitRules(List.of(new LimitRules.Tenant("acme", limits, Map.of(), quota)), List.of());
    }

    private static SliceAnswer slices(SliceRequest asked, IntUnaryOperator share) {
        return new SliceAnswer(
                2,
                asked.leases().stream()
                        .map(lease -> new SliceAnswer.Slice(lease.limit(), share.applyAsInt(lease.permits())))
                        .toList(),
                asked.usages().stream()
                        .map(usage -> new SliceAnswer.Allowance(usage.tenant(), usage.day(), 0, 0, true))
                        .toList());
    }

    private static void await(Gateway gateway, String what, int status) {
        Gateway.await(what, () -> {
            try {
                return gateway.infer("fraud").statusCode() == status;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void rows_areChargedByWhatTheWorkerSays() throws Exception {
        worker.does(exchange -> {
            exchange.getResponseHeaders().set(Headers.ROWS, "25");
            FakeWorker.answer(exchange, 200, "{}");
        });
        try (var gateway = gateway(acme(new Limits(null, new Limit(20, HOUR_MILLIS)), Quota.NONE))) {
            assertThat(gateway.infer("fraud").statusCode()).isEqualTo(200);
            var limited = gateway.infer("fraud");
            assertThat(limited.statusCode()).isEqualTo(429);
            assertThat(limited.body()).contains("RATE_LIMITED", "tenant acme: the limit is 20 rows");
            assertThat(limited.headers().firstValue("RateLimit-Policy")).hasValue("\"tenant-rows\";q=20;w=3600");
            assertThat(limited.headers().firstValue("Retry-After")).isPresent();
            assertThat(gateway.metric("presage_gateway_limited_total", "scope", "tenant", "unit", "rows"))
                    .isEqualTo(1);
        }
    }

    @Test
    void failedCalls_costNoRows() throws Exception {
        worker.refuses(400, "INVALID_TENSOR");
        try (var gateway = gateway(acme(new Limits(null, new Limit(1, HOUR_MILLIS)), Quota.NONE))) {
            for (int i = 0; i < 3; i++) {
                assertThat(gateway.infer("fraud").statusCode()).isEqualTo(400);
            }
        }
    }

    @Test
    void slices_areFollowed_kept_whenTheRegistryIsAway_andGivenBackAtTheEnd() throws Exception {
        registry.slices(asked -> slices(asked, whole -> 0));
        try (var gateway = gateway(
                acme(new Limits(new Limit(1_000_000, 1000), null), Quota.NONE),
                "gateway.limits.slices.interval=100ms")) {
            await(gateway, "the slice of nothing", 429);
            registry.slices(asked -> slices(asked, whole -> whole));
            await(gateway, "the whole slice", 200);
            registry.slices(null);
            int before = registry.sliceRequests.size();
            Gateway.await("exchanges in vain", () -> registry.sliceRequests.size() > before + 2);
            assertThat(gateway.infer("fraud").statusCode()).isEqualTo(200);
            assertThat(gateway.metric("presage_gateway_leases")).isEqualTo(1);
            assertThat(gateway.metric("presage_gateway_gateways")).isEqualTo(2);
        }
        assertThat(registry.sliceRequests.getLast().leaving()).isTrue();
        assertThat(registry.sliceRequests.getFirst().leaving()).isFalse();
    }

    @Test
    void spentQuota_is429UntilMidnight() throws Exception {
        registry.slices(asked -> slices(asked, whole -> whole));
        try (var gateway =
                gateway(acme(Limits.NONE, new Quota(1_000_000L, null)), "gateway.limits.slices.interval=100ms")) {
            await(gateway, "the quota to be spent", 429);
            var spent = gateway.infer("fraud");
            assertThat(spent.body()).contains("QUOTA_SPENT", "1000000 calls");
            assertThat(Integer.parseInt(
                            spent.headers().firstValue("Retry-After").orElseThrow()))
                    .isBetween(1, 86_400);
        }
    }
}
