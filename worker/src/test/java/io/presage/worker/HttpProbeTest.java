package io.presage.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/// What a hostile or broken client sends, byte by byte, and that the port answers the next one.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpProbeTest {
    private static final String BODY =
            "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":[1,2,3]}]}";
    private static final String PATH = "/v2/models/twice/infer";
    private static final String SECRET = "Presage-Service-Secret: " + RegistryDouble.SECRET + "\r\n";

    private RegistryDouble registry;
    private ConfigurableApplicationContext worker;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new RegistryDouble();
        worker = WorkerTest.start(
                registry,
                data,
                "--worker.http.body-bytes-max=100KB",
                "--worker.http.inflight-bytes-max=150KB",
                "--worker.http.head-timeout=1s",
                "--worker.http.body-timeout=1s",
                "--worker.http.idle-timeout=3s");
        registry.assign(registry.assignment("twice", 1, OnnxModelBuilder.twice(3)));
        registry.awaitReport(report ->
                report.slots().stream().anyMatch(slot -> slot.state() == io.presage.contract.state.SlotState.READY));
    }

    @AfterAll
    void stop() {
        worker.close();
        registry.close();
    }

    /// Sends the bytes and reads until the server closes or `answers` heads have come.
    private String probe(String request, int answers) throws IOException {
        try (var socket = connect()) {
            send(socket, request);
            return read(socket, answers);
        }
    }

    private Socket connect() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), WorkerApplication.port(worker));
        socket.setSoTimeout(15_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    private static String read(Socket socket, int answers) throws IOException {
        InputStream in = socket.getInputStream();
        var text = new StringBuilder();
        try {
            for (int b; (b = in.read()) >= 0; ) {
                text.append((char) b);
                if (isComplete(text, answers)) {
                    break;
                }
            }
        } catch (java.net.SocketException e) {
            // A reset after the answer is as good as a close.
        }
        return text.toString();
    }

    private static boolean isComplete(StringBuilder text, int answers) {
        int at = 0;
        for (int i = 0; i < answers; i++) {
            int headEnd = text.indexOf("\r\n\r\n", at);
            if (headEnd < 0) {
                return false;
            }
            var head = text.substring(at, headEnd).toLowerCase(java.util.Locale.ROOT);
            int length = head.indexOf("content-length: ");
            int bytes = length < 0
                    ? 0
                    : Integer.parseInt(
                            head.substring(length + 16).split("\r\n", 2)[0].strip());
            at = headEnd + 4 + bytes;
        }
        return text.length() >= at;
    }

    private static String post(String headers, String body) {
        return "POST " + PATH + " HTTP/1.1\r\nHost: worker\r\n" + SECRET + headers + "\r\n" + body;
    }

    private static String good() {
        return post("Content-Length: " + BODY.length() + "\r\n", BODY);
    }

    private void assertStillAnswers() throws IOException {
        assertThat(probe(good(), 1)).startsWith("HTTP/1.1 200 OK");
    }

    private void assertRefused(String request, int status) throws IOException {
        // What is no HTTP/1.1 is answered in the oldest version there is.
        assertThat(probe(request, 2)).matches("(?s)HTTP/1\\.[01] " + status + " .*");
        assertStillAnswers();
    }

    @Test
    void goodRequest_keepsTheConnection() throws IOException {
        try (var socket = connect()) {
            for (int i = 0; i < 3; i++) {
                send(socket, good());
                assertThat(read(socket, 1)).startsWith("HTTP/1.1 200 OK").contains("\"data\":[2.0,4.0,6.0]");
            }
        }
    }

    @Test
    void transferEncoding_otherThanChunked_is400AndClosed() throws IOException {
        assertRefused(post("Transfer-Encoding: gzip, chunked\r\n", ""), 400);
        assertRefused(post("Transfer-Encoding: identity\r\nContent-Length: 3\r\n", "abc"), 400);
        assertRefused(post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400);
        assertRefused(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400);
    }

    @Test
    void transferEncodingWithContentLength_is400AndClosed() throws IOException {
        assertRefused(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400);
    }

    @Test
    void contentLength_doubledOrNoNumber_is400() throws IOException {
        assertRefused(post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400);
        assertRefused(post("Content-Length: -1\r\n", ""), 400);
        assertRefused(post("Content-Length: +3\r\n", "abc"), 400);
        assertRefused(post("Content-Length: 99999999999999999999\r\n", ""), 400);
    }

    @Test
    void host_missingOrDoubled_is400() throws IOException {
        assertRefused("GET /v2/health/live HTTP/1.1\r\n\r\n", 400);
        assertRefused("GET /v2/health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
    }

    @Test
    void noHttp_is400AndClosed() throws IOException {
        assertRefused("\u0016\u0003\u0001 hello\r\n\r\n", 400);
        assertThat(probe("GET /v2 HTTP/9.9\r\nHost: a\r\n\r\n", 2)).contains(" 501 Not Implemented");
        assertRefused("GET /v2/health/live HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", 400);
    }

    @Test
    void headersTooLarge_are431() throws IOException {
        assertRefused("GET /v2 HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(40_000) + "\r\n\r\n", 431);
        assertRefused("GET /v2?" + "y".repeat(40_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 431);
    }

    @Test
    void bodyTooLarge_announcedOrNot_is413() throws IOException {
        assertRefused(post("Content-Length: 200000\r\n", ""), 413);
        var chunk = "4000\r\n" + " ".repeat(0x4000) + "\r\n";
        assertRefused(post("Transfer-Encoding: chunked\r\n", chunk.repeat(8)), 413);
    }

    @Test
    void chunkedBody_inManySmallPieces_isAnswered() throws IOException {
        var chunks = new StringBuilder();
        for (int i = 0; i < BODY.length(); i++) {
            chunks.append("1\r\n").append(BODY.charAt(i)).append("\r\n");
        }
        assertThat(probe(post("Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n"), 1))
                .startsWith("HTTP/1.1 200 OK");
    }

    @Test
    void pipelinedRequests_areAnsweredInOrder() throws IOException {
        var requests = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            var body = BODY.replace("[1,2,3]", "[" + i + ",0,0]");
            requests.append(post("Content-Length: " + body.length() + "\r\n", body));
        }
        var answers = probe(requests.toString(), 20);
        int at = 0;
        for (int i = 0; i < 20; i++) {
            at = answers.indexOf("\"data\":[" + 2 * i + ".0,0.0,0.0]", at);
            assertThat(at).as("answer %s of %s", i, answers).isPositive();
        }
    }

    @Test
    void expectContinue_isAskedForTheBody() throws IOException {
        try (var socket = connect()) {
            send(socket, post("Expect: 100-continue\r\nContent-Length: " + BODY.length() + "\r\n", ""));
            assertThat(read(socket, 1)).startsWith("HTTP/1.1 100 Continue");
            send(socket, BODY);
            assertThat(read(socket, 1)).startsWith("HTTP/1.1 200 OK");
        }
        assertRefused(post("Expect: 100-continue\r\nContent-Length: 200000\r\n", ""), 413);
        assertRefused(post("Expect: a miracle\r\nContent-Length: 3\r\n", "abc"), 400);
    }

    @Test
    void slowHead_isClosed() throws IOException {
        assertThat(probe("GET /v2/health/live HTTP/1.1\r\nHost: a\r\n", 1)).isEmpty();
        assertStillAnswers();
    }

    @Test
    void slowBody_is408AndClosed() throws IOException {
        assertRefused(post("Content-Length: 50\r\n", "half"), 408);
    }

    @Test
    void idleConnection_isClosed() throws IOException {
        try (var socket = connect()) {
            send(socket, good());
            assertThat(read(socket, 2)).startsWith("HTTP/1.1 200 OK");
        }
    }

    @Test
    void clientThatGoesAway_leavesNothingBehind() throws IOException {
        // More than the room for bodies in flight: each has to be given back.
        for (int i = 0; i < 20; i++) {
            try (var socket = connect()) {
                send(socket, post("Content-Length: 90000\r\n", "half"));
            }
        }
        var body = BODY.replace("[1,3]", "[10000,3]").replace("[1,2,3]", "[" + "1,2,3,".repeat(9999) + "1,2,3]");
        assertThat(probe(post("Content-Length: " + body.length() + "\r\n", body), 1))
                .startsWith("HTTP/1.1 400 Bad Request")
                .contains("10000 rows");
    }

    @Test
    void wrongSecret_is401_andTheConnectionLives() throws IOException {
        try (var socket = connect()) {
            send(socket, good().replace(RegistryDouble.SECRET, RegistryDouble.SECRET.replace('f', 'e')));
            assertThat(read(socket, 1)).startsWith("HTTP/1.1 401 Unauthorized").contains("UNAUTHENTICATED");
            send(socket, good());
            assertThat(read(socket, 1)).startsWith("HTTP/1.1 200 OK");
        }
    }
}
