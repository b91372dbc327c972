package io.presage.e2e.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.e2e.cluster.Child;
import io.presage.e2e.cluster.Example;
import io.presage.e2e.cluster.Program;
import io.presage.e2e.cluster.Standalone;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// One process, as a newcomer has it: every demo model answers as its sample says, and it all survives a stop
/// and a kill. In order: the later scenarios end the process that the earlier ones ask.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StandaloneIT {
    private static final List<String> SHIPPED = List.of("tumour", "digits", "minilm");
    private static final Path LOGS = Path.of(System.getProperty("e2e.target"), "e2e-logs", "standalone");

    @TempDir
    static Path folder;

    private static Path data;
    private static Standalone presage;

    @BeforeAll
    static void start() throws Exception {
        data = folder.resolve("data with a space");
        presage = Standalone.start(data, LOGS.resolve("first.log"));
    }

    @AfterAll
    static void stop() throws Exception {
        presage.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tumour", "digits", "minilm", "faces", "voice-activity"})
    @Order(1)
    void demoModel_answersAsItsSampleSays(String model) throws Exception {
        if (!SHIPPED.contains(model)) {
            Program.require("npm");
        }
        assertThat(presage.output()).doesNotContain("Left out " + model);
        Example.read(model).check(presage.admin());
    }

    @Test
    @Order(2)
    void printedCommands_workWhenPasted() throws Exception {
        Program.require("curl");
        var commands = presage.output().lines().map(String::strip).filter(line -> line.startsWith("curl "));
        var lines = commands.toList();
        assertThat(lines).hasSize(3);
        for (var line : lines) {
            var log = LOGS.resolve("curl.log");
            Files.deleteIfExists(log);
            var curl = Child.start("curl", List.of("bash", "-c", line), Map.of(), log);
            assertThat(curl.exitCode(Duration.ofSeconds(30))).as(line).isZero();
            assertThat(curl.output()).as(line).contains("\"outputs\"");
        }
    }

    @Test
    @Order(2)
    void openAiEmbeddings_areThoseOfTheSample() throws Exception {
        var sample = Example.read("minilm");
        var inputs = new JsonMapper().readTree(sample.request()).path("inputs").path(0);
        var expected = sample.answer().path("outputs").path(0).path("data");

        var answer = presage.admin()
                .post(
                        "/openai/v1/embeddings",
                        Map.of("model", "minilm", "input", inputs.path("data"), "encoding_format", "base64"));

        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(200);
        var rows = answer.body().path("data");
        assertThat(rows.size()).isEqualTo(inputs.path("shape").path(0).asInt());
        int number = 0;
        for (var row : rows) {
            var bytes = Base64.getDecoder().decode(row.path("embedding").asString());
            var floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
            while (floats.hasRemaining()) {
                assertThat((double) floats.get())
                        .isCloseTo(expected.path(number++).asDouble(), within(sample.tolerance()));
            }
        }
        assertThat(number).isEqualTo(expected.size());
        assertThat(answer.body().path("usage").path("total_tokens").asInt()).isPositive();
        assertThat(presage.admin().get("/openai/v1/models").body().path("data").findValuesAsString("id"))
                .contains("minilm", "tumour");
    }

    @Test
    @Order(2)
    void tensorFlowServingsPredict_isTheSample() throws Exception {
        var sample = Example.read("tumour");
        var rows = new JsonMapper()
                .readTree(sample.request())
                .path("inputs")
                .path(0)
                .path("data");

        var answer = presage.admin().post("/v1/models/tumour:predict", Map.of("instances", rows));

        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(200);
        var expected = sample.answer().path("outputs");
        for (int row = 0; row < rows.size(); row++) {
            var prediction = answer.body().path("predictions").path(row);
            assertThat(prediction.path("label"))
                    .isEqualTo(expected.path(0).path("data").path(row));
            assertThat(prediction.path("probabilities").path(0).asDouble())
                    .isCloseTo(expected.path(1).path("data").path(2 * row).asDouble(), within(sample.tolerance()));
        }
        assertThat(presage.admin()
                        .get("/v1/models/tumour/labels/champion")
                        .body()
                        .path("model_version_status")
                        .path(0)
                        .path("state")
                        .asString())
                .isEqualTo("AVAILABLE");
    }

    @Test
    @Order(2)
    void secrets_areForTheirOwnerOnly() throws Exception {
        for (var secret : List.of("admin.key", "service.secret", "postgres/password")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve(secret))))
                    .as(secret)
                    .isEqualTo("rw-------");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .isEqualTo("rwx------");
        var key = Files.readString(data.resolve("admin.key")).strip();
        assertThat(presage.output()).doesNotContain(key);
        assertThat(Files.readString(data.resolve("logs/presage.log"))).doesNotContain(key);
    }

    @Test
    @Order(2)
    void directoryInUse_isRefusedInOneLine() throws Exception {
        var second = LOGS.resolve("second.log");
        Files.deleteIfExists(second);
        var child = Standalone.launch(data, 0, second);
        assertThat(child.exitCode(Duration.ofSeconds(30))).isEqualTo(1);
        assertThat(child.output().lines()).singleElement().asString().contains("in use by another presage");
    }

    @Test
    @Order(2)
    void takenPort_isRefusedInOneLine() throws Exception {
        var taken = LOGS.resolve("taken.log");
        Files.deleteIfExists(taken);
        var child = Standalone.launch(folder.resolve("other"), presage.port(), taken);
        assertThat(child.exitCode(Duration.ofSeconds(30))).isEqualTo(1);
        assertThat(child.output().lines())
                .singleElement()
                .asString()
                .contains("port " + presage.port() + ": taken", "--port");
    }

    @Test
    @Order(3)
    void stopAndSecondStart_findEverythingAsItWas() throws Exception {
        var key = Files.readString(data.resolve("admin.key"));
        var before = presage.admin().get("/api/v1/models/minilm/versions").body();

        assertThat(presage.terminate()).isEqualTo(128 + 15);
        assertThat(presage.output()).endsWith("Presage has stopped\n");
        assertThat(data.resolve("postgres/data/postmaster.pid")).doesNotExist();

        presage = Standalone.start(data, LOGS.resolve("restarted.log"));
        assertThat(presage.output()).doesNotContain("Loaded ");
        assertThat(Files.readString(data.resolve("admin.key"))).isEqualTo(key);
        assertThat(presage.admin().get("/api/v1/models/minilm/versions").body()).isEqualTo(before);
        for (var model : SHIPPED) {
            Example.read(model).check(presage.admin());
        }
    }

    @Test
    @Order(4)
    void startAfterKill_findsEverythingAsItWas() throws Exception {
        presage.kill();
        assertThat(data.resolve("postgres/data/postmaster.pid")).exists();

        presage = Standalone.start(data, LOGS.resolve("killed.log"));
        assertThat(presage.output()).doesNotContain("Loaded ");
        for (var model : SHIPPED) {
            Example.read(model).check(presage.admin());
        }
    }
}
