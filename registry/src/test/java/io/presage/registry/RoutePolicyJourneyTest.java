package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.TrafficPolicy;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A route's policy from the control API to the routing table, and what its shadow has shown from gateways back
/// to the
/// control API.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RoutePolicyJourneyTest {
    private RunningRegistry registry;
    private RunningRegistry.ScriptedWorker worker;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        registry = RunningRegistry.start(PostgresFixture.freshDatabase(), directory);
        worker = registry.new ScriptedWorker("w1", "first");
        worker.say();
        registry.readyModel("strict", 1, worker);
    }

    @AfterAll
    void stop() {
        registry.close();
    }

    private static RoutingTable.Model model(RoutingTable table, String name) {
        return table.models().stream()
                .filter(model -> model.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static String path(String model) {
        return "/api/v1/models/" + model + "/route/policy";
    }

    @Test
    void policy_travelsToGateways_andIsReplacedAsAWhole() throws Exception {
        registry.readyModel("policy", 3, worker);
        registry.put("/api/v1/models/policy/aliases/beta", "{\"version\": 3}").expect(200);
        assertThat(registry.get(path("policy")).expect(200).body()).isEqualTo("{\"rules\":[]}");

        var set = registry.put(path("policy"), """
                {"sticky": {"by": "cookie", "name": "session"},
                 "rules": [{"header": "X-Ring", "value": "beta", "target": "beta"},
                           {"header": "X-Ring", "value": "2", "target": "2"}],
                 "shadow": {"version": 2, "shareBasisPoints": 500},
                 "cache": {"maxAgeMillis": 60000}}""").expect(200);
        assertThat(set.json().path("shadow").path("inFlightMax").asInt()).isEqualTo(8);
        assertThat(registry.get(path("policy")).expect(200).body()).isEqualTo(set.body());

        var table = registry.routing(it -> model(it, "policy").policy() != null);
        assertThat(model(table, "policy").policy())
                .isEqualTo(new TrafficPolicy(
                        new TrafficPolicy.Sticky(TrafficPolicy.By.COOKIE, "session"),
                        List.of(
                                new TrafficPolicy.Rule("X-Ring", "beta", "beta"),
                                new TrafficPolicy.Rule("X-Ring", "2", "2")),
                        new TrafficPolicy.Shadow(2, 500, 1e-4, 8),
                        new TrafficPolicy.Cache(60_000, 16 << 20)));
        assertThat(model(table, "policy").versions())
                .allSatisfy(version -> assertThat(version.sha256()).matches("[0-9a-f]{64}"));
        var entries = registry.get("/api/v1/audit?limit=20").expect(200).json().path("entries");
        var entry = entries.valueStream()
                .filter(it -> it.path("action").asString().equals("route.policy"))
                .findFirst()
                .orElseThrow();
        assertThat(entry.path("subject").asString()).isEqualTo("models/policy/route/policy");
        assertThat(entry.path("details")
                        .path("policy")
                        .path("sticky")
                        .path("name")
                        .asString())
                .isEqualTo("session");

        registry.put(path("policy"), "{}").expect(200);
        registry.routing(
                it -> it.revision() > table.revision() && model(it, "policy").policy() == null);
    }

    @Test
    void versionsAndAliasesThatAPolicyNames_areKept() throws Exception {
        registry.readyModel("kept", 3, worker);
        registry.put("/api/v1/models/kept/aliases/beta", "{\"version\": 1}").expect(200);
        registry.put(path("kept"), """
                {"rules": [{"header": "X-A", "value": "b", "target": "beta"}, {"header": "X-A", "value": "2", "target": "2"}],
                 "shadow": {"version": 3}}""").expect(200);
        // Deployed, so that workers hold them before a call is sent there.
        worker.loads("kept", 2);
        worker.loads("kept", 3);
        assertThat(registry.delete("/api/v1/models/kept/aliases/beta")
                        .expect(409)
                        .detail())
                .contains("a rule of the route sends calls to 'beta'");
        assertThat(registry.delete("/api/v1/models/kept/versions/2").expect(409).detail())
                .contains("is deployed");
        registry.delete("/api/v1/models/kept/versions/3").expect(409);

        registry.put(path("kept"), "{\"rules\": []}").expect(200);
        registry.delete("/api/v1/models/kept/aliases/beta").expect(204);
        registry.delete("/api/v1/models/kept/versions/3").expect(204);
    }

    @Test
    void unchangedPolicy_raisesNoRevision() throws Exception {
        registry.readyModel("calm", 1, worker);
        registry.put(path("calm"), "{\"sticky\": {\"by\": \"caller\"}}").expect(200);
        long before = revision();
        registry.put(path("calm"), "{\"sticky\": {\"by\": \"caller\"}}").expect(200);
        assertThat(revision()).isEqualTo(before);
    }

    private long revision() {
        return registry.sql()
                .sql("select count(*) from audit")
                .query(Long.class)
                .single();
    }

    static Stream<Arguments> badPolicies() {
        return Stream.of(
                arguments(
                        "{\"sticky\": {\"by\": \"moon\"}}",
                        400,
                        "sticky.by: 'moon' (expected: header, cookie or caller"),
                arguments("{\"sticky\": {}}", 400, "sticky.by: missing"),
                arguments("{\"sticky\": {\"by\": \"header\"}}", 400, "sticky.name: missing"),
                arguments(
                        "{\"sticky\": {\"by\": \"caller\", \"name\": \"x\"}}", 400, "sticky.name: 'x' (expected: none"),
                arguments(
                        "{\"sticky\": {\"by\": \"header\", \"name\": \"Authorization\"}}",
                        400,
                        "sticky.name: 'Authorization' (expected: a header that carries no secret)"),
                arguments("{\"sticky\": {\"by\": \"cookie\", \"name\": \"a b\"}}", 400, "sticky.name: 'a b'"),
                arguments("{\"rules\": [null]}", 400, "rules: null"),
                arguments("{\"rules\": [{\"value\": \"b\", \"target\": \"1\"}]}", 400, "rules.header: missing"),
                arguments(
                        "{\"rules\": [{\"header\": \"a\", \"target\": \"1\"}]}",
                        400,
                        "rules.value: missing (expected: 1..256 visible characters)"),
                arguments("{\"rules\": [{\"header\": \"a\", \"value\": \"b\"}]}", 400, "alias: missing"),
                arguments(
                        "{\"rules\": [{\"header\": \"a\", \"value\": \"b\", \"target\": \"0\"}]}", 400, "version: '0'"),
                arguments(
                        "{\"rules\": [{\"header\": \"a\", \"value\": \"b\", \"target\": \"9\"}]}",
                        404,
                        "version: strict/9"),
                arguments(
                        "{\"rules\": [{\"header\": \"a\", \"value\": \"b\", \"target\": \"gone\"}]}",
                        404,
                        "rules.target: strict has no alias 'gone'"),
                arguments(
                        "{\"rules\": ["
                                + "{\"header\": \"a\", \"value\": \"b\", \"target\": \"1\"},".repeat(16)
                                + "{\"header\": \"a\", \"value\": \"b\", \"target\": \"1\"}]}",
                        400,
                        "rules: 17 of them (expected: at most 16)"),
                arguments("{\"shadow\": {}}", 400, "shadow"),
                arguments("{\"shadow\": {\"version\": 0}}", 400, "shadow.version: 0"),
                arguments("{\"shadow\": {\"version\": 9}}", 404, "version: strict/9"),
                arguments("{\"shadow\": {\"version\": 1, \"shareBasisPoints\": 0}}", 400, "shadow.shareBasisPoints: 0"),
                arguments("{\"shadow\": {\"version\": 1, \"tolerance\": -1}}", 400, "shadow.tolerance: -1.0"),
                arguments("{\"shadow\": {\"version\": 1, \"inFlightMax\": 1001}}", 400, "shadow.inFlightMax: 1001"),
                arguments("{\"cache\": {\"maxAgeMillis\": 0}}", 400, "cache.maxAgeMillis: 0 (expected: 1..86400000)"),
                arguments("{\"cache\": {\"maxAgeMillis\": 1, \"maxBytes\": 0}}", 400, "cache.maxBytes: 0"),
                arguments("{\"shadwo\": {}}", 400, "shadwo: unknown member (expected: cache, rules, shadow, sticky)"));
    }

    @ParameterizedTest
    @MethodSource("badPolicies")
    void badPolicy_isRefusedByName(String body, int status, String detail) throws Exception {
        assertThat(registry.put(path("strict"), body).expect(status).detail()).contains(detail);
    }

    @Test
    void roles() throws Exception {
        String publisher = registry.key("{\"name\": \"p\", \"roles\": [\"PUBLISH\"]}");
        String promoter = registry.key("{\"name\": \"q\", \"roles\": [\"PROMOTE\"]}");
        registry.send(publisher, "GET", path("strict"), BodyPublishers.noBody()).expect(200);
        registry.send(publisher, "PUT", path("strict"), BodyPublishers.ofString("{}"))
                .expect(403);
        registry.send(promoter, "PUT", path("strict"), BodyPublishers.ofString("{}"))
                .expect(200);
        registry.send(publisher, "DELETE", "/api/v1/models/strict/shadows", BodyPublishers.noBody())
                .expect(403);
        registry.get(path("none")).expect(404);
        registry.put(path("none"), "{}").expect(404);
    }

    private void reports(String sender, String batch, int shadow, int same, int different) throws Exception {
        registry.internal("POST", "/internal/shadows", BodyPublishers.ofString("""
                {"sender": "%s", "batch": "%s", "pairs": [{"model": "seen", "version": 1, "shadow": %d, "same": %d,
                 "different": %d, "mismatched": 1, "failed": 2, "dropped": 3, "topChanged": 1, "differenceMax": 0.5,
                 "versionNanos": 2000000, "shadowNanos": 6000000}]}""".formatted(
                                sender, batch, shadow, same, different)))
                .expect(204);
    }

    @Test
    void shadowReports_addUp_eachBatchOnce() throws Exception {
        registry.readyModel("seen", 2, worker);
        assertThat(registry.get("/api/v1/models/seen/shadows").expect(200).body())
                .isEqualTo("{\"pairs\":[]}");
        reports("g1", "a.1", 2, 3, 1);
        reports("g1", "a.1", 2, 3, 1);
        reports("g2", "b.1", 2, 4, 0);
        // Of a version that is not there (any more).
        reports("g2", "b.2", 7, 4, 0);
        var pairs =
                registry.get("/api/v1/models/seen/shadows").expect(200).json().path("pairs");
        assertThat(pairs.size()).isEqualTo(1);
        var pair = pairs.path(0);
        assertThat(pair.path("version").asInt()).isEqualTo(1);
        assertThat(pair.path("shadow").asInt()).isEqualTo(2);
        assertThat(pair.path("compared").asInt()).isEqualTo(8);
        assertThat(pair.path("different").asInt()).isEqualTo(1);
        assertThat(pair.path("topChanged").asInt()).isEqualTo(2);
        assertThat(pair.path("dropped").asInt()).isEqualTo(6);
        assertThat(pair.path("meanMillis").asDouble()).isEqualTo(0.5);
        assertThat(pair.path("shadowMeanMillis").asDouble()).isEqualTo(1.5);
        registry.delete("/api/v1/models/seen/shadows").expect(204);
        assertThat(registry.get("/api/v1/models/seen/shadows").expect(200).body())
                .isEqualTo("{\"pairs\":[]}");
        registry.send("", "POST", "/internal/shadows", BodyPublishers.ofString("{}"))
                .expect(401);
        registry.internal("POST", "/internal/shadows", BodyPublishers.ofString("{\"pairs\": []}"))
                .expect(400);
    }
}
