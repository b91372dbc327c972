package io.presage.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Uploads over HTTP: what is kept, and what leaves nothing.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class UploadTest {
    private static final int BYTES_MAX = 64 * 1024 * 1024;
    private static final String VERSIONS = "/api/v1/models/up/versions";

    private static final String RESET = "reset";

    private RunningRegistry registry;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        registry = RunningRegistry.start(
                PostgresFixture.freshDatabase(), directory, "--registry.artifacts.bytes-max=64MB");
        registry.post("/api/v1/models", "{\"name\": \"up\"}").expect(201);
    }

    @AfterAll
    void stop() {
        registry.close();
    }

    private static byte[] sha256(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    private static String hex(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(sha256(bytes));
    }

    private List<Path> files(String under) throws IOException {
        try (var walk = Files.walk(registry.directory.resolve("artifacts").resolve(under))) {
            return walk.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void upload_isStoredByItsDigest_andWorkersReadIt() throws Exception {
        var bytes = "a package".getBytes(StandardCharsets.UTF_8);
        var version = registry.send(
                        registry.adminKey,
                        "POST",
                        VERSIONS + "?sha256=" + hex(bytes),
                        BodyPublishers.ofByteArray(bytes),
                        "Content-Type",
                        "application/x-www-form-urlencoded")
                .expect(201)
                .json();
        assertThat(version.path("sha256").asString()).isEqualTo(hex(bytes));
        assertThat(version.path("bytes").asInt()).isEqualTo(bytes.length);
        assertThat(version.path("state").asString()).isEqualTo("UPLOADED");
        assertThat(version.path("reason").asString()).contains("no worker is alive");
        var file = registry.directory
                .resolve("artifacts/sha256")
                .resolve(hex(bytes).substring(0, 2))
                .resolve(hex(bytes));
        assertThat(file).hasBinaryContent(bytes);

        var read = registry.internal("GET", "/internal/artifacts/" + hex(bytes), BodyPublishers.noBody())
                .expect(200);
        assertThat(read.response().body()).isEqualTo(bytes);
        assertThat(read.response().headers().firstValueAsLong("content-length")).hasValue(bytes.length);
        registry.internal("GET", "/internal/artifacts/" + "0".repeat(64), BodyPublishers.noBody())
                .expect(404);
        registry.internal("GET", "/internal/artifacts/passwd", BodyPublishers.noBody())
                .expect(404);
    }

    @Test
    void sameBytesTwice_areStoredOnce() throws Exception {
        var bytes = "twice".getBytes(StandardCharsets.UTF_8);
        int first = registry.upload("up", bytes);
        int second = registry.upload("up", bytes);
        assertThat(second).isGreaterThan(first);
        assertThat(files("sha256"))
                .filteredOn(file -> file.endsWith(hexUnchecked(bytes)))
                .hasSize(1);
        assertThat(files("incoming")).isEmpty();
    }

    private static String hexUnchecked(byte[] bytes) {
        try {
            return hex(bytes);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void wrongDigest_leavesNothing() throws Exception {
        var bytes = "not what was announced".getBytes(StandardCharsets.UTF_8);
        var other = sha256(new byte[] {1});
        var byQuery = registry.send(
                        registry.adminKey,
                        "POST",
                        VERSIONS + "?sha256=" + HexFormat.of().formatHex(other),
                        BodyPublishers.ofByteArray(bytes))
                .expect(400);
        assertThat(byQuery.code()).isEqualTo("DIGEST_MISMATCH");
        var byHeader = registry.send(
                        registry.adminKey,
                        "POST",
                        VERSIONS,
                        BodyPublishers.ofByteArray(bytes),
                        "Content-Digest",
                        "sha-256=:" + Base64.getEncoder().encodeToString(other) + ":")
                .expect(400);
        assertThat(byHeader.detail())
                .contains(hex(bytes))
                .contains(HexFormat.of().formatHex(other));
        assertThat(files("incoming")).isEmpty();
        assertThat(files("sha256")).noneMatch(file -> file.endsWith(hexUnchecked(bytes)));
    }

    @Test
    void tooLarge_isRefused_announcedOrNot() throws Exception {
        var announced = rawUpload("Content-Length: " + (BYTES_MAX + 1L), out -> {});
        assertThat(announced).startsWith("HTTP/1.1 413 ").contains("registry.artifacts.bytes-max");
        var response = rawUpload("Transfer-Encoding: chunked", out -> {
            var chunk = new byte[1024 * 1024];
            for (int i = 0; i <= BYTES_MAX / chunk.length; i++) {
                out.write("100000\r\n".getBytes(StandardCharsets.US_ASCII));
                out.write(chunk);
                out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        });
        // A server that stops reading may reset before its answer is read; it must not accept.
        assertThat(response).matches(text -> text.equals(RESET) || text.startsWith("HTTP/1.1 413 "));
        assertThat(files("incoming")).isEmpty();
    }

    @Test
    void abortedUpload_leavesNothing() throws Exception {
        long before = registry.sql()
                .sql("select count(*) from model_version")
                .query(Long.class)
                .single();
        rawUpload("Content-Length: 1000000", out -> out.write(new byte[1000]));
        awaitEmptyIncoming();
        assertThat(registry.sql()
                        .sql("select count(*) from model_version")
                        .query(Long.class)
                        .single())
                .isEqualTo(before);
    }

    @Test
    void largeUpload_streams() throws Exception {
        var answer = registry.send(
                        registry.adminKey, "POST", VERSIONS, BodyPublishers.ofInputStream(() -> new Zeros(BYTES_MAX)))
                .expect(201);
        assertThat(answer.json().path("bytes").asLong()).isEqualTo(BYTES_MAX);
    }

    @Test
    void multipartAndCompressedUploads_areRefusedWithAdvice() throws Exception {
        var body = BodyPublishers.ofString("x");
        assertThat(registry.send(
                                registry.adminKey,
                                "POST",
                                VERSIONS,
                                body,
                                "Content-Type",
                                "multipart/form-data; boundary=x")
                        .expect(415)
                        .detail())
                .contains("--data-binary");
        registry.send(registry.adminKey, "POST", VERSIONS, body, "Content-Encoding", "gzip")
                .expect(415);
    }

    /// A temporary file that nobody holds any more goes away: the lock of its writer ended with it.
    private void awaitEmptyIncoming() throws Exception {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (!files("incoming").isEmpty()) {
            assertThat(System.nanoTime()).as("a temporary file stayed").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @FunctionalInterface
    private interface Body {
        void write(java.io.OutputStream out) throws IOException;
    }

    /// Sends as much as is taken, closes its side, and returns what came back.
    private String rawUpload(String framing, Body body) throws Exception {
        var uri = registry.uri(VERSIONS);
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), uri.getPort())) {
            socket.setSoTimeout(10_000);
            var out = socket.getOutputStream();
            out.write(("POST " + VERSIONS + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + registry.adminKey
                            + "\r\n" + framing + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            try {
                body.write(out);
                socket.shutdownOutput();
            } catch (IOException _) {
                // The server closed before it had all: that is what some of these tests are about.
            }
            try {
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            } catch (IOException _) {
                return RESET;
            }
        }
    }

    /// So many zeros, without holding them.
    private static final class Zeros extends InputStream {
        private long left;

        Zeros(long count) {
            this.left = count;
        }

        @Override
        public int read() {
            return left-- > 0 ? 0 : -1;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            if (left <= 0) {
                return -1;
            }
            int count = (int) Math.min(length, left);
            java.util.Arrays.fill(buffer, offset, offset + count, (byte) 0);
            left -= count;
            return count;
        }
    }
}
