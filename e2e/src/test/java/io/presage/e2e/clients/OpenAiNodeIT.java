package io.presage.e2e.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.e2e.cluster.Child;
import io.presage.e2e.cluster.Program;
import io.presage.e2e.cluster.SharedStandalone;
import io.presage.e2e.cluster.Standalone;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// OpenAI's own client for Node, unmodified, at `/openai/v1`. It is an npm package, pinned by the lock file's
/// hashes; the checks themselves are in `src/test/node/openai/checks.mjs`.
@ExtendWith(SharedStandalone.class)
class OpenAiNodeIT {
    private static final Path SOURCE = Path.of(System.getProperty("e2e.root"), "e2e/src/test/node/openai");
    private static final Path FOLDER = Path.of(System.getProperty("e2e.target"), "node/openai");
    private static final Path LOGS = Path.of(System.getProperty("e2e.target"), "e2e-logs/openai-node");

    @BeforeAll
    static void install() throws Exception {
        Program.require("node", "npm");
        Files.createDirectories(FOLDER);
        for (var file : List.of("package.json", "package-lock.json", ".npmrc", "checks.mjs")) {
            Files.writeString(FOLDER.resolve(file), Files.readString(SOURCE.resolve(file)));
        }
        var lock = Files.readString(SOURCE.resolve("package-lock.json"));
        var installed = FOLDER.resolve("installed");
        if (!Files.exists(installed) || !Files.readString(installed).equals(lock)) {
            run(List.of("npm", "ci", "--prefix", FOLDER.toString()), Map.of(), "npm", Duration.ofMinutes(3));
            Files.writeString(installed, lock);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text",
                "texts",
                "floatAndBase64AreTheSameNumbers",
                "tokens",
                "models",
                "versionBehindTheName",
                "mistakesAreTheClientsErrors",
                "limits"
            })
    void nodeClient(String check, Standalone presage) throws Exception {
        var environment = Map.of(
                "PRESAGE_URL",
                "http://127.0.0.1:" + presage.port(),
                "PRESAGE_KEY",
                Files.readString(presage.data().resolve("admin.key")).strip(),
                "PRESAGE_SAMPLE",
                Path.of(System.getProperty("e2e.root"), "examples/models/minilm/samples")
                        .toRealPath()
                        .toString());
        run(
                List.of("node", FOLDER.resolve("checks.mjs").toString(), check),
                environment,
                check,
                Duration.ofSeconds(60));
    }

    private static void run(List<String> command, Map<String, String> environment, String name, Duration max)
            throws IOException, InterruptedException {
        var log = LOGS.resolve(name + ".log");
        Files.deleteIfExists(log);
        var child = Child.start(name, command, environment, log);
        assertThat(child.exitCode(max)).as("%s", child.output()).isZero();
    }
}
