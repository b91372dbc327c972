package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Limit;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Quota;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// Tenants, limits, slices and quotas, over HTTP and in the routing table.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TenantTest {
    private static final JsonMapper JSON = new JsonMapper();

    private RunningRegistry registry;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        registry = RunningRegistry.start(
                PostgresFixture.freshDatabase(), directory, "--registry.limits.gateway-lost-after=100ms");
    }

    @AfterAll
    void stop() {
        registry.close();
    }

    private static LimitRules.@Nullable Tenant tenant(RoutingTable table, String name) {
        return table.limits().tenants().stream()
                .filter(tenant -> tenant.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    private SliceAnswer slices(SliceRequest request) throws Exception {
        var answer = registry.internal(
                        "POST", "/internal/limits/slices", BodyPublishers.ofString(JSON.writeValueAsString(request)))
                .expect(200);
        return JSON.readValue(answer.body(), SliceAnswer.class);
    }

    private static SliceRequest usage(String incarnation, long calls, @Nullable Quota quota) {
        return new SliceRequest(
                incarnation,
                incarnation,
                false,
                1,
                1000,
                List.of(),
                List.of(new SliceRequest.Usage("metered", 20_000, calls, 2 * calls, quota, 0, 0)));
    }

    @Test
    void tenantsLimits_reachGateways_andAreAudited() throws Exception {
        registry.put("/api/v1/tenants/acme", """
                        {"description": "A customer", "limits": {"calls": {"permits": 100, "periodMillis": 1000},
                         "rows": {"permits": 5000, "periodMillis": 1000}},
                         "models": {"fraud": {"calls": {"permits": 10, "periodMillis": 1000}}},
                         "quota": {"callsPerDay": 1000000}}""").expect(201);
        var expected = new LimitRules.Tenant(
                "acme",
                new Limits(new Limit(100, 1000), new Limit(5000, 1000)),
                Map.of("fraud", new Limits(new Limit(10, 1000), null)),
                new Quota(1_000_000L, null));
        registry.routing(table -> expected.equals(tenant(table, "acme")));
        assertThat(registry.get("/api/v1/tenants").expect(200).body())
                .contains("\"name\":\"default\"", "\"description\":\"A customer\"");

        registry.put("/api/v1/tenants/acme", "{}").expect(200);
        registry.routing(table -> tenant(table, "acme") == null);
        assertThat(registry.get("/api/v1/audit").expect(200).body()).contains("tenant.create", "tenant.change");
    }

    @Test
    void keysBelongToATenant_whichStaysWhileTheyAreInUse() throws Exception {
        registry.put("/api/v1/tenants/guest", "{}").expect(201);
        var created = registry.post("/api/v1/keys", """
                        {"name": "k", "roles": ["PREDICT"], "tenant": "guest",
                         "rowLimit": {"permits": 50, "periodMillis": 1000}}""").expect(201);
        assertThat(created.json().path("tenant").asString()).isEqualTo("guest");
        var id = created.json().path("id").asString();
        registry.routing(table -> table.keys().stream()
                .anyMatch(key -> key.id().equals(id)
                        && key.tenant().equals("guest")
                        && new Limit(50, 1000).equals(key.rowLimit())));
        assertThat(registry.delete("/api/v1/tenants/guest").expect(409).detail())
                .contains("1 keys in use");
        registry.put("/api/v1/keys/" + id + "/limits", "{\"calls\": {\"permits\": 7, \"periodMillis\": 1000}}")
                .expect(200);
        registry.routing(table -> table.keys().stream()
                .anyMatch(key ->
                        key.id().equals(id) && new Limit(7, 1000).equals(key.limit()) && key.rowLimit() == null));
        registry.delete("/api/v1/keys/" + id).expect(204);
        registry.delete("/api/v1/tenants/guest").expect(204);
        registry.get("/api/v1/tenants/guest").expect(404);
        assertThat(registry.delete("/api/v1/tenants/default").expect(409).detail())
                .contains("'default' stays");
        registry.post("/api/v1/keys", "{\"name\": \"k\", \"roles\": [\"PREDICT\"], \"tenant\": \"nobody\"}")
                .expect(404);
    }

    @Test
    void modelsLimits_reachGateways() throws Exception {
        registry.post("/api/v1/models", "{\"name\": \"limited\"}").expect(201);
        registry.put("/api/v1/models/limited/limits", "{\"rows\": {\"permits\": 9, \"periodMillis\": 60000}}")
                .expect(200);
        var expected = new LimitRules.Model("limited", new Limits(null, new Limit(9, 60_000)));
        registry.routing(table -> table.limits().models().contains(expected));
        registry.put("/api/v1/models/limited/limits", "{}").expect(200);
        registry.routing(table -> table.limits().models().isEmpty());
        assertThat(registry.get("/api/v1/models/limited/limits").expect(200).body())
                .isEqualTo("{}");
        registry.put("/api/v1/models/unknown/limits", "{}").expect(404);
        var publish = registry.key("{\"name\": \"u\", \"roles\": [\"PUBLISH\"]}");
        registry.send(publish, "PUT", "/api/v1/models/limited/limits", BodyPublishers.ofString("{}"))
                .expect(403);
    }

    @Test
    void badTenants_areRefusedByName() throws Exception {
        assertThat(registry.put("/api/v1/tenants/Bad_Name", "{}").expect(400).detail())
                .contains("tenant: 'Bad_Name'");
        assertThat(registry.put("/api/v1/tenants/t", "{\"limit\": 1}")
                        .expect(400)
                        .detail())
                .contains("limit: unknown member");
        assertThat(registry.put("/api/v1/tenants/t", "{\"quota\": {\"rowsPerDay\": 0}}")
                        .expect(400)
                        .detail())
                .contains("expected: both at least 1");
        registry.put("/api/v1/tenants/t", "{\"limits\": {\"calls\": {\"permits\": 0, \"periodMillis\": 1}}}")
                .expect(400);
        registry.put("/api/v1/tenants/t", "{\"models\": {\"m\": {}}}").expect(400);
        registry.put("/api/v1/tenants/t", "{\"models\": {\"m\": null}}").expect(400);
        registry.get("/api/v1/tenants/nobody/usage").expect(404);
        registry.get("/api/v1/tenants/default/usage?days=x").expect(400);
    }

    @Test
    void slices_areHandedOut_andShown() throws Exception {
        var lease = new SliceRequest.Lease("tenant/acme/calls", 100, 1000, 0, 5);
        var one = slices(new SliceRequest("g1", "i1", false, 1, 1000, List.of(lease), List.of()));
        assertThat(one.slices()).containsExactly(new SliceAnswer.Slice("tenant/acme/calls", 100));
        assertThat(registry.get("/api/v1/limits").expect(200).body())
                .contains("{\"limit\":\"tenant/acme/calls\",\"permits\":100,\"gateways\":[{\"gateway\":\"g1\"");
        slices(new SliceRequest("g1", "i1", true, 1, 1000, List.of(), List.of()));
        assertThat(registry.get("/api/v1/limits").expect(200).body()).doesNotContain("g1");
        for (var bad : List.of(
                new SliceRequest("g/1", "i1", false, 1, 1000, List.of(), List.of()),
                new SliceRequest(
                        "g1", "i1", false, 1, 1000, List.of(new SliceRequest.Lease("l", 0, 1, 0, 0)), List.of()))) {
            registry.internal("POST", "/internal/limits/slices", BodyPublishers.ofString(JSON.writeValueAsString(bad)))
                    .expect(400);
        }
        registry.internal("POST", "/internal/limits/slices", BodyPublishers.ofString("{}"))
                .expect(400);
    }

    @Test
    void usage_isCountedOnce_overAllGateways_andSpentIsSaid() throws Exception {
        registry.put("/api/v1/tenants/metered", "{}");
        var quota = new Quota(1000L, null);
        assertThat(slices(usage("u1", 100, quota)).allowances()).singleElement().satisfies(allowance -> {
            assertThat(allowance.calls()).isBetween(1L, 900L);
            assertThat(allowance.spent()).isFalse();
        });
        slices(usage("u1", 100, quota));
        slices(usage("u1", 90, quota));
        slices(usage("u2", 300, quota));
        assertThat(registry.get("/api/v1/tenants/metered/usage").expect(200).body())
                .contains("\"calls\":400,\"rows\":800");
        assertThat(slices(usage("u2", 900, quota)).allowances()).singleElement().satisfies(allowance -> {
            assertThat(allowance.calls()).isZero();
            assertThat(allowance.spent()).isTrue();
        });
        assertThat(slices(usage("u2", 901, null)).allowances()).isEmpty();
    }
}
