package io.presage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// HTTP/2 frames that no decent client sends, written by hand.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Http2ProbeTest {
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RESET = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GO_AWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;

    private FakeRegistry registry;
    private FakeWorker worker;
    private Gateway gateway;

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new FakeRegistry();
        worker = new FakeWorker("w1");
        registry.publish(Gateway.table(1, "fraud", 1, worker));
        gateway = new Gateway(
                        registry.port(),
                        data,
                        "gateway.http.header-timeout=400ms",
                        "gateway.http.body-timeout=400ms",
                        "gateway.http.idle-timeout=800ms")
                .awaitRevision(1);
    }

    @AfterAll
    void stop() {
        gateway.close();
        worker.close();
        registry.close();
    }

    private static String frame(int type, int flags, int stream, String payload) {
        int length = payload.length();
        return new String(
                        new byte[] {
                            (byte) (length >> 16),
                            (byte) (length >> 8),
                            (byte) length,
                            (byte) type,
                            (byte) flags,
                            (byte) (stream >> 24),
                            (byte) (stream >> 16),
                            (byte) (stream >> 8),
                            (byte) stream
                        },
                        StandardCharsets.ISO_8859_1)
                + payload;
    }

    /// A header as HPACK writes it without its tables.
    private static String header(String name, String value) {
        return "\0" + (char) name.length() + name + (char) value.length() + value;
    }

    private static String head(String method, String path) {
        return header(":method", method)
                + header(":scheme", "http")
                + header(":authority", "x")
                + header(":path", path);
    }

    private RawClient connected() throws IOException {
        return new RawClient(gateway.port()).send(PREFACE + frame(SETTINGS, 0, 0, ""));
    }

    /// Frames that came: their types, in order.
    private static String types(String bytes) {
        var types = new StringBuilder();
        for (int at = 0; at + 9 <= bytes.length(); ) {
            int length = bytes.charAt(at) << 16 | bytes.charAt(at + 1) << 8 | bytes.charAt(at + 2);
            types.append((int) bytes.charAt(at + 3)).append(' ');
            at += 9 + length;
        }
        return types.toString();
    }

    /// The code of the server's goodbye, 0 for no error; -1 when it said none.
    private static int goodbye(String bytes) {
        for (int at = 0; at + 17 <= bytes.length(); ) {
            if (bytes.charAt(at + 3) == GO_AWAY) {
                return bytes.charAt(at + 16);
            }
            at += 9 + (bytes.charAt(at) << 16 | bytes.charAt(at + 1) << 8 | bytes.charAt(at + 2));
        }
        return -1;
    }

    @Test
    void decentRequest_isAnswered() throws Exception {
        try (var client = connected()) {
            client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, head("GET", "/v2/health/live")));
            assertThat(client.readUntil("{\"live\":true}")).isNotEmpty();
        }
    }

    @Test
    void silentConnection_andOneThatStopsInThePreface_areClosed() throws Exception {
        try (var silent = new RawClient(gateway.port());
                var begun = new RawClient(gateway.port()).send("PRI * HTTP/2.0\r\n")) {
            assertThat(silent.readToEnd()).isEmpty();
            assertThat(begun.readToEnd()).isEmpty();
        }
    }

    @Test
    void idleConnection_isSaidGoodbye() throws Exception {
        try (var client = connected()) {
            assertThat(goodbye(client.readToEnd())).isZero();
        }
    }

    @Test
    void dripOfAHead_isCutOff() throws Exception {
        String head = frame(HEADERS, END_STREAM, 1, head("GET", "/v2/health/live"));
        try (var client = connected()) {
            client.send(head.substring(0, 12));
            // Bytes keep coming, so it is not idle, and the head is not whole when they end.
            assertThatThrownBy(() -> {
                        for (int at = 12; at < head.length() - 1; at++) {
                            client.send(head.substring(at, at + 1));
                            LockSupport.parkNanos(40_000_000);
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void silenceInABody_resetsItsStream() throws Exception {
        try (var client = connected()) {
            client.send(frame(
                    HEADERS,
                    END_HEADERS,
                    1,
                    head("POST", "/v2/models/fraud/infer") + header("authorization", "Bearer " + Gateway.KEY)));
            assertThat(types(client.readToEnd())).contains(RESET + " ");
        }
        Gateway.await("the body's room", () -> gateway.metric("presage_gateway_body_bytes_in_flight") == 0);
    }

    @Test
    void answerTakenByteByByte_isReset() throws Exception {
        worker.does(exchange -> FakeWorker.answer(exchange, 200, "a".repeat(100_000)));
        try (var client = new RawClient(gateway.port())
                .send(PREFACE + frame(SETTINGS, 0, 0, "\0\u0004\0\0\0\0"))
                .send(frame(
                        HEADERS,
                        END_HEADERS | END_STREAM,
                        1,
                        head("GET", "/v2/models/fraud") + header("authorization", "Bearer " + Gateway.KEY)))) {
            // Twice as long as the gateway's patience; then the connection is idle.
            for (int i = 0; i < 40; i++) {
                client.send(frame(WINDOW_UPDATE, 0, 1, "\0\0\0\u0001"));
                LockSupport.parkNanos(20_000_000);
            }
            assertThat(types(client.readToEnd())).contains(RESET + " ");
        }
    }

    @Test
    void tooLargeABody_isStopped_andTheConnectionGoesOn() throws Exception {
        try (var client = connected()) {
            client.send(frame(
                    HEADERS,
                    END_HEADERS,
                    1,
                    head("POST", "/v2/models/fraud/infer")
                            + header("authorization", "Bearer " + Gateway.KEY)
                            + header("content-length", "999999999")));
            var refused = client.readUntil("BODY_TOO_LARGE");
            client.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, head("GET", "/v2/health/live")));
            assertThat(types(refused + client.readUntil("{\"live\":true}"))).contains(RESET + " ");
        }
    }

    private static String grpc(String method) {
        return head("POST", "/inference.GRPCInferenceService/" + method)
                + header("content-type", "application/grpc")
                + header("te", "trailers")
                + header("authorization", "Bearer " + Gateway.KEY);
    }

    @Test
    void streamPastItsDeadline_isEnded() throws Exception {
        try (var client = connected()) {
            client.send(frame(HEADERS, END_HEADERS, 1, grpc("ModelStreamInfer") + header("grpc-timeout", "200m")));
            assertThat(client.readUntil("DEADLINE_EXCEEDED")).contains("deadline passed");
        }
    }

    @Test
    void streamThatEndsWithinAMessage_isRefused() throws Exception {
        try (var client = connected()) {
            client.send(frame(HEADERS, END_HEADERS, 1, grpc("ModelStreamInfer"))
                    + frame(DATA, END_STREAM, 1, "\0\0\0\0\u0009abc"));
            assertThat(client.readUntil("ended within a message")).isNotEmpty();
        }
    }

    @Test
    void callWithHalfAMessage_isRefused() throws Exception {
        try (var client = connected()) {
            client.send(frame(HEADERS, END_HEADERS, 1, grpc("ServerLive"))
                    + frame(DATA, END_STREAM, 1, "\0\0\0\0\u0009abc"));
            assertThat(client.readUntil("expected: one message of 9")).isNotEmpty();
        }
    }

    @Test
    void floodOfPings_isCutOff() throws Exception {
        assertCutOff(frame(PING, 0, 0, "12345678").repeat(5000));
    }

    @Test
    void floodOfSettings_isCutOff() throws Exception {
        assertCutOff(frame(SETTINGS, 0, 0, "").repeat(5000));
    }

    @Test
    void floodOfResets_isCutOff() throws Exception {
        var flood = new StringBuilder();
        for (int stream = 1; stream < 12_000; stream += 2) {
            flood.append(frame(HEADERS, END_HEADERS, stream, head("POST", "/v2/models/fraud/infer")))
                    .append(frame(RESET, 0, stream, "\0\0\0\u0008"));
        }
        assertCutOff(flood.toString());
    }

    @Test
    void unendingHead_isCutOff() throws Exception {
        var flood = new StringBuilder(frame(HEADERS, 0, 1, head("GET", "/")));
        for (int i = 0; i < 100; i++) {
            flood.append(frame(9, 0, 1, header("x" + i, "y".repeat(100)).repeat(20)));
        }
        assertCutOff(flood.toString());
    }

    private void assertCutOff(String flood) throws Exception {
        try (var client = connected()) {
            try {
                client.send(flood);
                // Not 0, which an idle connection gets as well.
                assertThat(goodbye(client.readToEnd())).isPositive();
            } catch (IOException closed) {
                // Reset while the flood was still being sent: cut off as well.
                assertThat(closed).isNotNull();
            }
        }
        try (var client = connected()) {
            client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, head("GET", "/v2/health/live")));
            assertThat(client.readUntil("{\"live\":true}")).isNotEmpty();
        }
    }

    @Test
    void brokenHeads_areRefused() throws Exception {
        try (var client = connected()) {
            client.send(frame(
                    HEADERS,
                    END_HEADERS | END_STREAM,
                    1,
                    header(":method", "GET") + header(":scheme", "http") + header(":path", "/v2/health/live")));
            assertThat(client.readUntil("INVALID_REQUEST")).contains(":authority");
        }
        try (var client = connected()) {
            client.send(frame(
                    HEADERS,
                    END_HEADERS | END_STREAM,
                    1,
                    head("GET", "/v2/health/live") + header("content-length", "three")));
            assertThat(types(client.readToEnd())).containsAnyOf(RESET + " ", HEADERS + " ", GO_AWAY + " ");
        }
    }
}
