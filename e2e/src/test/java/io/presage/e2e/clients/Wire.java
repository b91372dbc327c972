package io.presage.e2e.clients;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.presage.e2e.cluster.Example;
import io.presage.e2e.cluster.Standalone;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One kept connection to the gateway, on which a test writes a client's bytes and reads what comes back. One
/// thread.
final class Wire implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();

    private final Socket socket;
    private final String host;
    private final String key;

    /// What came back.
    static final class Answer {
        private final int status;
        private final Map<String, String> headers;
        private final byte[] body;

        /// @param headers by their names in small letters
        private Answer(int status, Map<String, String> headers, byte[] body) {
            this.status = status;
            this.headers = headers;
            this.body = body;
        }

        int status() {
            return status;
        }

        byte[] body() {
            return body;
        }

        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "none");
        }

        String text() {
            return new String(body, UTF_8);
        }

        JsonNode json() {
            return JSON.readTree(body);
        }

        /// The part before the tensors, whose length the header has.
        JsonNode head() {
            return JSON.readTree(body, 0, headLength());
        }

        /// What follows the JSON part.
        ByteBuffer tensors() {
            return ByteBuffer.wrap(Arrays.copyOfRange(body, headLength(), body.length))
                    .order(ByteOrder.LITTLE_ENDIAN);
        }

        private int headLength() {
            return Integer.parseInt(header("Inference-Header-Content-Length"));
        }

        /// As the client has it once it has undone the coding that the answer names.
        Answer unpacked() throws IOException {
            var packed = new ByteArrayInputStream(body);
            try (var in = header("Content-Encoding").equals("gzip")
                    ? new GZIPInputStream(packed)
                    : new InflaterInputStream(packed)) {
                return new Answer(status, headers, in.readAllBytes());
            }
        }
    }

    Wire(Standalone presage) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), presage.port());
        socket.setSoTimeout(30_000);
        host = "127.0.0.1:" + presage.port();
        key = Files.readString(presage.data().resolve("admin.key")).strip();
    }

    /// `HOST` and `KEY` in the lines stand for what the gateway has there.
    Answer send(List<String> headLines, byte[] body) throws IOException {
        var head = String.join("\r\n", headLines).replace("HOST", host).replace("KEY", key) + "\r\n\r\n";
        var out = socket.getOutputStream();
        out.write(head.getBytes(ISO_8859_1));
        out.write(body);
        return read(socket.getInputStream());
    }

    private static Answer read(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            assertThat(next).as("bytes after " + head).isNotNegative();
            head.append((char) next);
        }
        var lines = head.toString().strip().split("\r\n");
        Map<String, String> headers = new TreeMap<>();
        for (var line : Arrays.asList(lines).subList(1, lines.length)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        var body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        return new Answer(Integer.parseInt(lines[0].substring(9, 12)), headers, body);
    }

    static byte[] joined(String json, byte[]... tensors) {
        var body = new ByteArrayOutputStream();
        body.writeBytes(json.getBytes(UTF_8));
        for (var tensor : tensors) {
            body.writeBytes(tensor);
        }
        return body.toByteArray();
    }

    static byte[] packed(String coding, byte[] body) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = coding.equals("gzip") ? new GZIPOutputStream(bytes) : new DeflaterOutputStream(bytes)) {
            out.write(body);
        }
        return bytes.toByteArray();
    }

    /// The rows of the tumour model's sample: FP32 `[2, 30]`, little-endian.
    static byte[] rows() throws IOException {
        var data = JSON.readTree(Example.read("tumour").request())
                .path("inputs")
                .path(0)
                .path("data");
        var floats = ByteBuffer.allocate(4 * 60).order(ByteOrder.LITTLE_ENDIAN);
        for (var row : data) {
            for (var number : row) {
                floats.putFloat(number.floatValue());
            }
        }
        return floats.array();
    }

    /// The same as JSON numbers, one after the other.
    static String rowsAsJson() throws IOException {
        var floats = ByteBuffer.wrap(rows()).order(ByteOrder.LITTLE_ENDIAN);
        var text = new StringBuilder();
        while (floats.hasRemaining()) {
            text.append(text.isEmpty() ? "" : ",").append(floats.getFloat());
        }
        return text.toString();
    }

    /// One BYTES element: its length, little-endian, and itself.
    static byte[] element(String text) {
        var bytes = text.getBytes(UTF_8);
        return ByteBuffer.allocate(4 + bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(bytes.length)
                .put(bytes)
                .array();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
