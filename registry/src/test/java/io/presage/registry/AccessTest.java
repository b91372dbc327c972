package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.http.Headers;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Keys, roles and the service secret, over HTTP.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AccessTest {
    private RunningRegistry registry;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        registry = RunningRegistry.start(PostgresFixture.freshDatabase(), directory);
    }

    @AfterAll
    void stop() {
        registry.close();
    }

    private int status(String key, String method, String path, String body) throws Exception {
        return registry.send(key, method, path, BodyPublishers.ofString(body)).status();
    }

    @Test
    void bootstrapKeyFile_isPrivate_andHoldsAWorkingKey() throws Exception {
        var file = registry.directory.resolve("admin.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(registry.adminKey).matches("presage_[a-z0-9]{12}_[A-Za-z0-9_-]{43}");
        registry.get("/api/v1/keys").expect(200);
    }

    @Test
    void noKey_wrongKey_are401() throws Exception {
        var none = registry.send("", "GET", "/api/v1/models", BodyPublishers.noBody())
                .expect(401);
        assertThat(none.code()).isEqualTo("UNAUTHENTICATED");
        assertThat(none.response().headers().firstValue("www-authenticate")).hasValue("Bearer");
        var almost = registry.adminKey.substring(0, registry.adminKey.length() - 1) + "?";
        assertThat(status(almost, "GET", "/api/v1/models", "")).isEqualTo(401);
        var other = registry.adminKey.replaceFirst("_.*_", "_aaaaaaaaaaaa_");
        assertThat(status(other, "GET", "/api/v1/models", "")).isEqualTo(401);
        assertThat(status("", "GET", "/actuator/env", "")).isEqualTo(401);
        assertThat(status("", "GET", "/", "")).isEqualTo(401);
    }

    @Test
    void xApiKey_isReadToo() throws Exception {
        registry.send("", "GET", "/api/v1/models", BodyPublishers.noBody(), Headers.API_KEY, registry.adminKey)
                .expect(200);
    }

    @Test
    void rolesOpenWhatTheyNameAndNothingElse() throws Exception {
        var predict = registry.key("{\"name\": \"p\", \"roles\": [\"PREDICT\"]}");
        var publish = registry.key("{\"name\": \"u\", \"roles\": [\"PUBLISH\"]}");
        var promote = registry.key("{\"name\": \"m\", \"roles\": [\"PROMOTE\"]}");
        assertThat(status(predict, "GET", "/api/v1/models", "")).isEqualTo(403);
        assertThat(status(publish, "POST", "/api/v1/models", "{\"name\": \"roles\"}"))
                .isEqualTo(201);
        assertThat(status(promote, "POST", "/api/v1/models", "{\"name\": \"roles2\"}"))
                .isEqualTo(403);
        assertThat(status(promote, "GET", "/api/v1/models/roles", "")).isEqualTo(200);
        assertThat(status(publish, "POST", "/api/v1/models/roles/promote", "{\"version\": 1}"))
                .isEqualTo(403);
        assertThat(status(promote, "POST", "/api/v1/models/roles/promote", "{\"version\": 1}"))
                .isEqualTo(404);
        assertThat(status(promote, "POST", "/api/v1/keys", "{}")).isEqualTo(403);
        assertThat(status(publish, "GET", "/api/v1/audit", "")).isEqualTo(403);
        var refused = registry.send(publish, "GET", "/api/v1/workers", BodyPublishers.noBody())
                .expect(403);
        assertThat(refused.detail()).contains("holds PUBLISH (expected: ADMIN)");
    }

    @Test
    void keyForNamedModels_isRefusedElsewhere() throws Exception {
        registry.post("/api/v1/models", "{\"name\": \"mine\"}").expect(201);
        registry.post("/api/v1/models", "{\"name\": \"yours\"}").expect(201);
        var key = registry.key("{\"name\": \"n\", \"roles\": [\"PUBLISH\"], \"models\": [\"mine\"]}");
        assertThat(status(key, "GET", "/api/v1/models/mine", "")).isEqualTo(200);
        assertThat(status(key, "POST", "/api/v1/models/yours/versions", "x")).isEqualTo(403);
        assertThat(status(key, "POST", "/api/v1/models", "{\"name\": \"third\"}"))
                .isEqualTo(403);
    }

    @Test
    void revokedKey_isOut_andTheLastAdminStays() throws Exception {
        var created = registry.post("/api/v1/keys", """
                        {"name": "short", "roles": ["PREDICT", "PUBLISH"], "limit": {"permits": 5, "periodMillis": 1000}}""").expect(201);
        assertThat(created.response().headers().firstValue("cache-control").orElse(""))
                .contains("no-store");
        var key = created.json().path("key").asString();
        var id = created.json().path("id").asString();
        assertThat(key).startsWith("presage_" + id + "_");
        var listed = registry.get("/api/v1/keys").expect(200).body();
        assertThat(listed).contains(id).doesNotContain(key).contains("\"limit\":{\"permits\":5,\"periodMillis\":1000}");
        assertThat(status(key, "GET", "/api/v1/models", "")).isEqualTo(200);
        registry.delete("/api/v1/keys/" + id).expect(204);
        assertThat(status(key, "GET", "/api/v1/models", "")).isEqualTo(401);
        registry.delete("/api/v1/keys/" + id).expect(404);

        var admin = registry.adminKey.split("_", 3)[1];
        assertThat(registry.delete("/api/v1/keys/" + admin).expect(409).detail())
                .contains("last ADMIN key");
    }

    @Test
    void keyTexts_areStoredNowhere() throws Exception {
        var key = registry.key("{\"name\": \"hidden\", \"roles\": [\"PREDICT\"]}");
        var secret = key.split("_", 3)[2];
        for (var table : new String[] {"api_key", "audit"}) {
            var rows = registry.sql()
                    .sql("select count(*) from " + table + " as t where t::text like '%' || :secret || '%'")
                    .param("secret", secret)
                    .query(Long.class)
                    .single();
            assertThat(rows).as(table).isZero();
        }
    }

    @Test
    void internalPaths_wantTheServiceSecret() throws Exception {
        for (var path : new String[] {"/internal/state?after=-1&gateway=g", "/internal/artifacts/x", "/internal"}) {
            assertThat(status(registry.adminKey, "GET", path, "")).as(path).isEqualTo(401);
            registry.send("", "GET", path, BodyPublishers.noBody(), Headers.SERVICE_SECRET, "x".repeat(40))
                    .expect(401);
        }
        assertThat(status(registry.adminKey, "GET", "/%69nternal/state?after=-1&gateway=g", ""))
                .isEqualTo(400);
        assertThat(status(registry.adminKey, "GET", "/api/v1/..;/internal/state", ""))
                .isEqualTo(400);
        registry.internal("GET", "/internal/state?after=-1&gateway=g", BodyPublishers.noBody())
                .expect(200);
    }
}
