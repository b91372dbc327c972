package io.presage.e2e.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.e2e.cluster.Child;
import io.presage.e2e.cluster.Eventually;
import io.presage.e2e.cluster.Program;
import io.presage.e2e.cluster.SharedStandalone;
import io.presage.e2e.cluster.Standalone;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The commands that documents tell people to paste, pasted: of blocks marked `sh`, every command succeeds, and
/// `curl` only by a status of success; of `refused`, by a refusal; and what they print is what the document shows.
@ExtendWith(SharedStandalone.class)
class ProtocolsPageIT {
    private static final Path ROOT = Path.of(System.getProperty("e2e.root"));
    private static final Path LOGS = Path.of(System.getProperty("e2e.target"), "e2e-logs/protocols-page");
    private static final String SUCCESS = "curl() { command curl --fail-with-body --max-time 30 \"$@\"; }\n";
    private static final String REFUSAL = "curl() { ! command curl --fail-with-body --max-time 30 \"$@\"; }\n";

    @BeforeAll
    static void need() {
        Program.require("curl", "openssl");
    }

    static Stream<Page.Block> blocks() throws IOException {
        var blocks = Stream.<Page.Block>builder();
        for (var page : List.of("README.md", "docs/protocols.md", "examples/README.md")) {
            Page.blocks(ROOT.resolve(page)).stream()
                    .filter(block -> block.language().matches("sh|refused"))
                    .forEach(blocks::add);
        }
        return blocks.build();
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void commands_workWhenPasted(Page.Block block, Standalone presage) throws Exception {
        var key = presage.data().resolve("admin.key").toString();
        var script = "KEY=$(cat data/admin.key)\n" + (block.language().equals("refused") ? REFUSAL : SUCCESS)
                + block.commands();
        var output = bash(script.replace("localhost:8080", "localhost:" + presage.port())
                .replace("data/admin.key", "'" + key + "'"));
        if (!block.answer().isEmpty()) {
            assertThat(output).as(block.commands() + block.answer()).matches(block::isAnsweredBy);
        }
    }

    @Test
    void pages_haveCommands() throws IOException {
        assertThat(blocks().filter(block -> block.commands().contains("curl "))).hasSizeGreaterThan(15);
    }

    /// The port of a gateway alone: whether it lives it says without a registry.
    @Test
    void tls_isAsThePageSays(@TempDir Path data) throws Exception {
        var block = Page.blocks(ROOT.resolve("docs/protocols.md")).stream()
                .filter(candidate -> candidate.language().equals("tls"))
                .findFirst()
                .orElseThrow();
        int java = block.commands().indexOf("java -jar");
        int curl = block.commands().indexOf("curl ");
        var certificate = block.commands().substring(0, java).replace("data/", data + "/");
        var options = Stream.of(block.commands().substring(java, curl).split("[\\s\\\\]+"))
                .filter(word -> word.startsWith("--"))
                .toList();
        assertThat(options).hasSize(3);
        int port = freePort();

        bash(certificate);
        var log = LOGS.resolve("tls.log");
        Files.deleteIfExists(log);
        var gateway = Child.jar(
                "tls-gateway",
                ROOT.toRealPath().resolve("api/target/presage-api-exec.jar"),
                List.of("-Xmx256m"),
                Stream.concat(
                                options.stream()
                                        .map(option -> option.replace("data/", data + "/")
                                                .replace("8443", Integer.toString(port))),
                                Stream.of(
                                        "--server.port=0",
                                        "--server.address=127.0.0.1",
                                        "--presage.service-secret=0123456789-0123456789-0123456789-0123",
                                        "--gateway.data-directory=" + data.resolve("gateway")))
                        .toList(),
                log);
        try {
            Eventually.holds("the gateway listens", Duration.ofMinutes(1), () -> {
                assertThat(gateway.isAlive()).as("%s", gateway.output()).isTrue();
                return isOpen(port);
            });
            var output = bash(SUCCESS
                    + block.commands()
                            .substring(curl)
                            .replace("data/", data + "/")
                            .replace("8443", Integer.toString(port)));
            assertThat(output).matches(block::isAnsweredBy);
        } finally {
            gateway.kill();
        }
    }

    private static boolean isOpen(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (ConnectException _) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /// In the repository's root, as one who reads the documents has it.
    private static String bash(String script) throws IOException, InterruptedException {
        var log = LOGS.resolve("bash.log");
        Files.deleteIfExists(log);
        var child = Child.start(
                "bash",
                List.of("bash", "-c", "set -euo pipefail\ncd '" + ROOT.toRealPath() + "'\n" + script),
                Map.of(),
                log);
        int code = child.exitCode(Duration.ofSeconds(60));
        assertThat(code).as(script + child.output()).isZero();
        return child.output();
    }
}
