package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What the control API says to good and bad callers.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ControlApiTest {
    private RunningRegistry registry;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        registry = RunningRegistry.start(PostgresFixture.freshDatabase(), directory);
        registry.post("/api/v1/models", "{\"name\": \"known\", \"description\": \"one\"}")
                .expect(201);
    }

    @AfterAll
    void stop() {
        registry.close();
    }

    static Stream<Arguments> badCalls() {
        return Stream.of(
                arguments("POST", "/api/v1/models", "", 400, "body: empty"),
                arguments("POST", "/api/v1/models", "{", 400, "body: not JSON"),
                arguments("POST", "/api/v1/models", "null", 400, "body: null"),
                arguments("POST", "/api/v1/models", "[]", 400, "body: wrong type"),
                arguments("POST", "/api/v1/models", "{\"name\": \"a\"} {}", 400, "body"),
                arguments("POST", "/api/v1/models", "{}", 400, "model: missing (expected: [A-Za-z0-9]"),
                arguments("POST", "/api/v1/models", "{\"name\": \"-x\"}", 400, "model: '-x' (expected: "),
                arguments("POST", "/api/v1/models", "{\"name\": 7}", 400, "name"),
                arguments("POST", "/api/v1/models", "{\"name\": \"a\", \"name\": \"b\"}", 400, "name"),
                arguments(
                        "POST",
                        "/api/v1/models",
                        "{\"name\": \"a\", \"nmae\": 1}",
                        400,
                        "nmae: unknown member (expected: description, name)"),
                arguments("POST", "/api/v1/models", "{\"name\": \"known\"}", 409, "'known' exists already"),
                arguments("POST", "/api/v1/models", "[".repeat(40_000), 400, "body"),
                arguments("POST", "/api/v1/models", "x".repeat(70_000), 413, "expected: at most 65536 bytes"),
                arguments("GET", "/api/v1/models/none", "", 404, "model: 'none'"),
                arguments("GET", "/api/v1/models/none/versions", "", 404, "model: 'none'"),
                arguments("GET", "/api/v1/models/none/route", "", 404, "model: 'none'"),
                arguments("GET", "/api/v1/models/none/aliases", "", 404, "model: 'none'"),
                arguments("GET", "/api/v1/models/known/versions/7", "", 404, "version: known/7"),
                arguments("GET", "/api/v1/models/known/versions/zero", "", 400, "version: 'zero' (expected: a number"),
                arguments("GET", "/api/v1/models/known/versions/99999999999", "", 400, "version: '99999999999'"),
                arguments("GET", "/api/v1/models/a%20b", "", 400, "model: 'a b'"),
                arguments("POST", "/api/v1/models/none/versions", "bytes", 404, "model: 'none'"),
                arguments("POST", "/api/v1/models/known/versions", "", 400, "body: empty"),
                arguments("POST", "/api/v1/models/known/versions?sha256=abc", "x", 400, "sha256: 3 characters"),
                arguments("DELETE", "/api/v1/models/known/versions/3", "", 404, "version: known/3"),
                arguments("POST", "/api/v1/models/known/promote", "{}", 400, "version"),
                arguments("POST", "/api/v1/models/known/promote", "{\"version\": 0}", 400, "version: 0"),
                arguments("POST", "/api/v1/models/known/promote", "{\"version\": \"1\"}", 400, "version"),
                arguments("POST", "/api/v1/models/known/promote", "{\"version\": 1.5}", 400, "version"),
                arguments(
                        "POST",
                        "/api/v1/models/known/promote",
                        "{\"version\": 1, \"weightBasisPoints\": 10001}",
                        400,
                        "weightBasisPoints: 10001 (expected: 1..10000)"),
                arguments("POST", "/api/v1/models/known/promote", "{\"version\": 1}", 404, "version: known/1"),
                arguments("POST", "/api/v1/models/known/rollback", "", 409, "nothing to go back to"),
                arguments("PUT", "/api/v1/models/known/aliases/UP", "{\"version\": 1}", 400, "alias: 'UP'"),
                arguments("PUT", "/api/v1/models/known/aliases/up", "{\"version\": 1}", 404, "version: known/1"),
                arguments("PUT", "/api/v1/models/known/deployment", "{\"replicas\": 0}", 400, "replicas: 0"),
                arguments("PUT", "/api/v1/models/none/deployment", "{\"replicas\": 1}", 404, "model: 'none'"),
                arguments("POST", "/api/v1/keys", "{\"name\": \"k\", \"roles\": []}", 400, "roles: none"),
                arguments("POST", "/api/v1/keys", "{\"name\": \"k\", \"roles\": [\"ROOT\"]}", 400, "ROOT"),
                arguments(
                        "POST",
                        "/api/v1/keys",
                        "{\"name\": \"k\", \"roles\": [\"PREDICT\"], \"limit\": {\"permits\": 0, \"periodMillis\": 1}}",
                        400,
                        "limit: 0 per 1 ms (expected: both at least 1)"),
                arguments("DELETE", "/api/v1/keys/nobody", "", 404, "key: 'nobody'"),
                arguments("GET", "/api/v1/audit?limit=0", "", 400, "limit: '0' (expected: 1..1000)"),
                arguments("GET", "/api/v1/audit?before=x", "", 400, "before: 'x'"),
                arguments("GET", "/api/v1/nothing", "", 404, "path"),
                arguments("GET", "/", "", 404, "path"),
                arguments("PATCH", "/api/v1/models/known", "", 405, "method: PATCH"),
                arguments("GET", "/api/v1//models", "", 400, "path"),
                arguments("GET", "/api/v1/models/%2e%2e/keys", "", 400, "path"));
    }

    @ParameterizedTest
    @MethodSource("badCalls")
    void badCall_isAnsweredByName(String method, String path, String body, int status, String detail) throws Exception {
        var answer = registry.send(
                        registry.adminKey, method, path, BodyPublishers.ofString(body), "X-Request-Id", "r.1")
                .expect(status);
        assertThat(answer.response().headers().firstValue("content-type")).hasValue("application/problem+json");
        assertThat(answer.detail()).contains(detail);
        assertThat(answer.json().path("request_id").asString()).isEqualTo("r.1");
        assertThat(answer.json().path("status").asInt()).isEqualTo(status);
        assertThat(answer.json().path("retryable").asBoolean()).isFalse();
        assertThat(answer.body()).doesNotContain("io.presage", "tools.jackson", "java.");
    }

    @Test
    void whatTomcatRefuses_hasTheSameForm() throws Exception {
        var answer = registry.get("/api/v1/models/..%2fkeys").expect(400);
        assertThat(answer.response().headers().firstValue("content-type").orElse(""))
                .startsWith("application/problem+json");
        assertThat(answer.code()).isEqualTo("INVALID_REQUEST");
    }

    @Test
    void wrongMethod_namesTheRightOnes() throws Exception {
        var answer = registry.delete("/api/v1/models").expect(405);
        assertThat(answer.response().headers().firstValue("allow").orElse("")).contains("GET", "POST");
    }

    @Test
    void foreignContentType_is415_andCurlsDefaultIsRead() throws Exception {
        var body = BodyPublishers.ofString("{\"name\": \"by-curl\"}");
        registry.send(registry.adminKey, "POST", "/api/v1/models", body, "Content-Type", "text/xml")
                .expect(415);
        registry.send(
                        registry.adminKey,
                        "POST",
                        "/api/v1/models",
                        body,
                        "Content-Type",
                        "application/x-www-form-urlencoded")
                .expect(201);
    }

    @Test
    void models_areListedByName() throws Exception {
        var known = registry.get("/api/v1/models/known").expect(200).json();
        assertThat(known.path("description").asString()).isEqualTo("one");
        assertThat(known.path("replicas").asInt()).isEqualTo(1);
        assertThat(registry.get("/api/v1/models").expect(200).body()).contains("\"name\":\"known\"");
    }

    @Test
    void everyChange_hasAnAuditRow_withActorAndRequestId() throws Exception {
        registry.send(
                        registry.adminKey,
                        "POST",
                        "/api/v1/models",
                        BodyPublishers.ofString("{\"name\": \"audited\"}"),
                        "X-Request-Id",
                        "audit-me")
                .expect(201);
        var entry = registry.get("/api/v1/audit?limit=1")
                .expect(200)
                .json()
                .path("entries")
                .path(0);
        assertThat(entry.path("action").asString()).isEqualTo("model.create");
        assertThat(entry.path("subject").asString()).isEqualTo("models/audited");
        assertThat(entry.path("actor").asString()).startsWith("key:");
        assertThat(entry.path("requestId").asString()).isEqualTo("audit-me");
    }

    @Test
    void failingAuditInsert_rollsTheChangeBack() throws Exception {
        long before = registry.sql()
                .sql("select revision from state_revision")
                .query(Long.class)
                .single();
        registry.sql()
                .sql("alter table audit add constraint audit_refuses check (subject <> 'models/doomed') not valid")
                .update();
        try {
            var answer =
                    registry.post("/api/v1/models", "{\"name\": \"doomed\"}").expect(500);
            assertThat(answer.code()).isEqualTo("INTERNAL");
            assertThat(answer.body()).doesNotContain("audit_refuses");
        } finally {
            registry.sql()
                    .sql("alter table audit drop constraint audit_refuses")
                    .update();
        }
        registry.get("/api/v1/models/doomed").expect(404);
        assertThat(registry.sql()
                        .sql("select revision from state_revision")
                        .query(Long.class)
                        .single())
                .isEqualTo(before);
    }

    @Test
    void auditRows_cannotBeChanged() {
        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> registry.sql().sql("delete from audit").update())
                .hasMessageContaining("never changed or deleted");
    }

    @Test
    void healthAndMetrics_areOpen() throws Exception {
        registry.send("", "GET", "/actuator/health", BodyPublishers.noBody()).expect(200);
        registry.send("", "GET", "/actuator/health/liveness", BodyPublishers.noBody())
                .expect(200);
        registry.send("", "GET", "/actuator/health/readiness", BodyPublishers.noBody())
                .expect(200);
        var metrics = registry.send("", "GET", "/actuator/prometheus", BodyPublishers.noBody())
                .expect(200);
        assertThat(metrics.body())
                .contains("presage_registry_revision ", "presage_registry_feed_polls ")
                .contains("presage_registry_upload_bytes_total ", "presage_registry_workers_live ")
                .contains("presage_registry_workers_lost_total ", "presage_registry_uploads_permits ");
    }
}
