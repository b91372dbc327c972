package io.presage.worker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.SlotState;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The Open Inference Protocol over REST as its published texts have it, byte by byte: what Triton's and KServe's
/// clients send, and what they can read. Requests and answers are plain sockets' bytes.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RestWireTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int UINT8 = 2;
    private static final int INT8 = 3;
    private static final int INT16 = 5;
    private static final int INT32 = 6;
    private static final int WIDE = 1024;

    private RegistryDouble registry;
    private ConfigurableApplicationContext worker;

    private record Answer(int status, Map<String, String> headers, byte[] body) {
        String text() {
            return new String(body, UTF_8);
        }

        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "none");
        }

        JsonNode json() {
            return JSON.readTree(body);
        }
    }

    @BeforeAll
    void start(@TempDir Path data) throws Exception {
        registry = new RegistryDouble();
        worker = WorkerTest.start(registry, data, "--worker.http.body-bytes-max=4MB");
        var assignments = new ArrayList<>(List.of(
                registry.assignment("twice", 1, OnnxModelBuilder.twice(3)),
                registry.assignment("twice", 2, OnnxModelBuilder.twice(3)),
                registry.assignment("wide", 1, OnnxModelBuilder.twice(WIDE)),
                registry.assignment("two", 1, twoOutputs()),
                registry.assignment("slow", 1, OnnxModelBuilder.slow(256, 60)),
                registry.assignment("minilm", 1, miniLm())));
        for (var type : TYPES.entrySet()) {
            assignments.add(registry.assignment(type.getKey(), 1, OnnxModelBuilder.identity(type.getValue(), -1)));
        }
        registry.assign(assignments.toArray(io.presage.contract.state.DesiredState.Assignment[]::new));
        registry.awaitReport(report -> report.slots().size() == assignments.size()
                && report.slots().stream().allMatch(slot -> slot.state() == SlotState.READY));
    }

    private static final Map<String, Integer> TYPES = new TreeMap<>(Map.of(
            "BOOL", OnnxModelBuilder.BOOL,
            "UINT8", UINT8,
            "INT8", INT8,
            "INT16", INT16,
            "INT32", INT32,
            "INT64", OnnxModelBuilder.INT64,
            "FP16", OnnxModelBuilder.FLOAT16,
            "FP32", OnnxModelBuilder.FLOAT,
            "FP64", OnnxModelBuilder.DOUBLE,
            "BYTES", OnnxModelBuilder.STRING));

    /// sum = a + b and difference = a - b, FP32 [-1, 2].
    private static byte[] twoOutputs() {
        return new OnnxModelBuilder()
                .input("a", OnnxModelBuilder.FLOAT, -1, 2)
                .input("b", OnnxModelBuilder.FLOAT, -1, 2)
                .output("sum", OnnxModelBuilder.FLOAT, -1, 2)
                .output("difference", OnnxModelBuilder.FLOAT, -1, 2)
                .node("Add", List.of("a", "b"), List.of("sum"))
                .node("Sub", List.of("a", "b"), List.of("difference"))
                .build();
    }

    private static byte[] miniLm() throws Exception {
        return WorkerTest.zip(Map.of(
                "model.onnx", resource("/all-minilm-l6-v2-q.onnx"),
                "tokenizer.json", resource("/all-minilm-l6-v2-q-tokenizer.json"),
                "model.yaml", Files.readAllBytes(Path.of("..", "examples", "models", "minilm", "model.yaml"))));
    }

    private static byte[] resource(String name) throws IOException {
        try (var in = RestWireTest.class.getResourceAsStream(name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    @AfterAll
    void stop() {
        worker.close();
        registry.close();
    }

    // The wire.

    private Answer send(String method, String path, String headers, byte[] body) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), WorkerApplication.port(worker))) {
            socket.setSoTimeout(30_000);
            var head = method + " " + path + " HTTP/1.1\r\nHost: worker\r\nPresage-Service-Secret: "
                    + RegistryDouble.SECRET + "\r\n" + headers + "\r\n";
            socket.getOutputStream().write(head.getBytes(ISO_8859_1));
            socket.getOutputStream().write(body);
            return read(socket.getInputStream());
        }
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

    private Answer get(String path) throws IOException {
        return send("GET", path, "", new byte[0]);
    }

    private Answer post(String model, String headers, byte[] body) throws IOException {
        return send(
                "POST", "/v2/models/" + model + "/infer", "Content-Length: " + body.length + "\r\n" + headers, body);
    }

    private Answer post(String model, String json) throws IOException {
        return post(model, "", json.getBytes(UTF_8));
    }

    private Answer binary(String model, String json, byte[] part) throws IOException {
        return post(model, jsonLength(json), joined(json, part));
    }

    private static String jsonLength(String json) {
        return "Inference-Header-Content-Length: " + json.getBytes(UTF_8).length + "\r\n";
    }

    private static byte[] joined(String json, byte[]... parts) {
        var body = new ByteArrayOutputStream();
        body.writeBytes(json.getBytes(UTF_8));
        for (var part : parts) {
            body.writeBytes(part);
        }
        return body.toByteArray();
    }

    private static byte[] floats(float... values) {
        var bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    /// JSON part and binary part of an answer.
    private static String jsonPart(Answer answer) {
        int length = Integer.parseInt(answer.header("Inference-Header-Content-Length"));
        return new String(answer.body(), 0, length, UTF_8);
    }

    private static byte[] binaryPart(Answer answer) {
        int length = Integer.parseInt(answer.header("Inference-Header-Content-Length"));
        return Arrays.copyOfRange(answer.body(), length, answer.body().length);
    }

    private static void assertRefused(Answer answer, int status, String code, String part) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.json().get("error").asString()).contains(part);
        assertThat(answer.json().get("code").asString()).isEqualTo(code);
        assertThat(answer.json().get("request_id").asString()).isNotEmpty();
    }

    // What the clients send.

    /// tritonclient.http: no Content-Type; without requested outputs it asks for all of them in binary.
    @Test
    void tritonsPythonClient_binaryBothWays() throws IOException {
        var json = "{\"id\":\"7\",\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"parameters\":"
                + "{\"binary_data_size\":12}}],\"parameters\":{\"binary_data_output\":true}}";

        var answer = binary("twice", json, floats(1, -2, 0.5f));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/octet-stream");
        assertThat(jsonPart(answer))
                .isEqualTo(
                        "{\"model_name\":\"twice\",\"model_version\":\"2\",\"id\":\"7\",\"outputs\":[{\"name\":\"y\","
                                + "\"datatype\":\"FP32\",\"shape\":[1,3],\"parameters\":{\"binary_data_size\":12}}]}");
        assertThat(binaryPart(answer)).isEqualTo(floats(2, -4, 1));
        assertThat(answer.header("Presage-Rows")).isEqualTo("1");
    }

    /// tritonclient.http.aio: octet-stream with pure JSON and no header length; aiohttp announces its codings.
    @Test
    void tritonsAsyncioClient_pureJson() throws IOException {
        var json =
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[NaN,Infinity,-Infinity]}],"
                        + "\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":false}}]}";

        var answer = post(
                "twice",
                "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nContent-Type: application/octet-stream\r\n",
                json.getBytes(UTF_8));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.text()).endsWith("\"data\":[NaN,Infinity,-Infinity]}]}");
        assertThat(answer.header("Inference-Header-Content-Length")).isEqualTo("none");
        assertThat(answer.header("Content-Encoding")).as("too small to pay").isEqualTo("none");
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    }

    /// KServe's Python client and Triton's Java client write null for NaN.
    @Test
    void kservesPythonClient_nullIsNaN() throws IOException {
        var answer = post(
                "twice",
                "{\"id\":\"k\",\"inputs\":[{\"name\":\"x\",\"shape\":[2,3],\"datatype\":\"FP32\","
                        + "\"data\":[[null,1,2],[3,4,5]]}],\"model_name\":\"another\"}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.text()).contains("\"id\":\"k\"").endsWith("\"data\":[NaN,2.0,4.0,6.0,8.0,10.0]}]}");
    }

    @Test
    void rawRequest_isTheOneInput_andAllOutputsAreBinary() throws IOException {
        var answer = post("twice", "Inference-Header-Content-Length: 0\r\n", floats(1, 2, 3, 4, 5, 6));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(jsonPart(answer)).contains("\"shape\":[2,3]").doesNotContain("\"id\"");
        assertThat(binaryPart(answer)).isEqualTo(floats(2, 4, 6, 8, 10, 12));

        var cut = post("twice", "Inference-Header-Content-Length: 0\r\n", Arrays.copyOf(floats(1, 2, 3), 11));
        assertRefused(cut, 400, "INVALID_TENSOR", "11 bytes");
        var twoInputs = post("two", "Inference-Header-Content-Length: 0\r\n", floats(1, 2, 3, 4));
        assertRefused(twoInputs, 400, "INVALID_REQUEST", "exactly one input");
        var text = post("BYTES", "Inference-Header-Content-Length: 0\r\n", "grün".getBytes(UTF_8));
        assertThat(text.status()).as(text.text()).isEqualTo(200);
        assertThat(binaryPart(text)).isEqualTo(joined("", hex("05000000"), "grün".getBytes(UTF_8)));
    }

    // Datatypes.

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BOOL | true,false,true | 010001",
                "UINT8 | 0,255 | 00ff",
                "INT8 | -128,127 | 807f",
                "INT16 | -32768,32767 | 0080ff7f",
                "INT32 | -2147483648,2147483647 | 00000080ffffff7f",
                "INT64 | 9007199254740993,-9223372036854775808 | 01000000000020000000000000000080",
                "FP32 | 0.1,-1.0,16777217 | cdcccc3d000080bf0000804b",
                "FP64 | 0.1,NaN | 9a9999999999b93f000000000000f87f",
                "BYTES | \"a\",\"\",\"grün\" | 010000006100000000050000006772c3bc6e",
            })
    void everyDatatype_isExact_inJsonAndInBinary(String type, String data, String hex) throws IOException {
        var bytes = hex(hex.strip());
        int count = data.split(",").length;
        var head = "{\"name\":\"x\",\"datatype\":\"" + type + "\",\"shape\":[" + count + "]";
        var wanted = "],\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":";

        var asJson = post(type, "{\"inputs\":[" + head + ",\"data\":[" + data + "]}" + wanted + "false}}]}");
        assertThat(asJson.status()).as(asJson.text()).isEqualTo(200);
        var shown = data.replace("16777217", "1.6777216E7");
        assertThat(asJson.text()).endsWith("\"data\":[" + shown + "]}]}");

        var asBinary = post(type, "{\"inputs\":[" + head + ",\"data\":[" + data + "]}" + wanted + "true}}]}");
        assertThat(binaryPart(asBinary)).isEqualTo(bytes);

        var fromBinary = binary(
                type,
                "{\"inputs\":[" + head + ",\"parameters\":{\"binary_data_size\":" + bytes.length + "}}" + wanted
                        + "false}}]}",
                bytes);
        assertThat(fromBinary.text()).endsWith("\"data\":[" + shown + "]}]}");
    }

    @Test
    void halfFloats_travelInBinaryOnly() throws IOException {
        var head = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP16\",\"shape\":[2]";
        var asked = "],\"parameters\":{\"binary_data_output\":true}}";
        var exact = binary("FP16", head + ",\"parameters\":{\"binary_data_size\":4}}" + asked, hex("003c01fc"));
        assertThat(exact.status()).as(exact.text()).isEqualTo(200);
        assertThat(binaryPart(exact)).isEqualTo(hex("003c01fc"));

        assertRefused(post("FP16", head + ",\"data\":[1,2]}" + asked), 400, "INVALID_TENSOR", "use binary");
        var jsonOut = binary("FP16", head + ",\"parameters\":{\"binary_data_size\":4}}]}", hex("003c01fc"));
        assertRefused(jsonOut, 400, "INVALID_REQUEST", "use binary");
    }

    @Test
    void integers_areNeverRounded() throws IOException {
        var over =
                "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[9223372036854775808]}]}";
        assertRefused(post("INT64", over), 400, "INVALID_TENSOR", "INT64");
        var huge = over.replace("9223372036854775808", "1e1000000000");
        assertRefused(post("INT64", huge), 400, "INVALID_TENSOR", "INT64");
    }

    // Outputs.

    private static String two(String outputs) {
        return "{\"inputs\":[{\"name\":\"a\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[3,4]},"
                + "{\"name\":\"b\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,1]}]" + outputs + "}";
    }

    @Test
    void requestedOutputs_comeInTheirOrder_eachInItsForm() throws IOException {
        var all = post("two", two("")).json().get("outputs");
        assertThat(all.get(0).get("name").asString()).isEqualTo("sum");
        assertThat(all.get(1).get("name").asString()).isEqualTo("difference");

        var mixed = post(
                "two",
                two(",\"parameters\":{\"binary_data_output\":true},\"outputs\":[{\"name\":\"difference\"},"
                        + "{\"name\":\"sum\",\"parameters\":{\"binary_data\":false}}]"));
        assertThat(jsonPart(mixed))
                .endsWith("\"outputs\":[{\"name\":\"difference\",\"datatype\":\"FP32\",\"shape\":[1,2],"
                        + "\"parameters\":{\"binary_data_size\":8}},{\"name\":\"sum\",\"datatype\":\"FP32\","
                        + "\"shape\":[1,2],\"data\":[4.0,5.0]}]}");
        assertThat(binaryPart(mixed)).isEqualTo(floats(2, 3));

        assertThat(post("two", two(",\"outputs\":[{\"name\":\"sum\"}]"))
                        .json()
                        .get("outputs")
                        .size())
                .isEqualTo(1);
        assertRefused(
                post("two", two(",\"outputs\":[{\"name\":\"product\"}]")), 400, "INVALID_TENSOR", "output 'product'");
        assertRefused(
                post("two", two(",\"outputs\":[{\"name\":\"sum\"},{\"name\":\"sum\"}]")),
                400,
                "INVALID_REQUEST",
                "asked for twice");
        assertRefused(
                post("two", two(",\"outputs\":[{\"name\":\"sum\",\"parameters\":{\"classification\":1}}]")),
                501,
                "UNSUPPORTED",
                "classification");
    }

    // Large bodies.

    private static float[] ramp(int rows) {
        var values = new float[rows * WIDE];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 4093 - 0.5f;
        }
        return values;
    }

    private static float[] twice(float[] values) {
        var doubled = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            doubled[i] = 2 * values[i];
        }
        return doubled;
    }

    @Test
    void largeBinaryBodies_areExact_oneAfterTheOther() throws IOException {
        for (int rows : new int[] {15, 16, 17, 147, 512, 700, 147}) {
            var values = ramp(rows);
            var json = "{\"inputs\":[{\"name\":\"x\",\"shape\":[" + rows + "," + WIDE
                    + "],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":" + 4 * values.length
                    + "}}],\"parameters\":{\"binary_data_output\":true}}";
            var answer = binary("wide", json, floats(values));
            assertThat(answer.status()).as("%d rows", rows).isEqualTo(200);
            assertThat(binaryPart(answer)).isEqualTo(floats(twice(values)));
            assertThat(answer.header("Presage-Rows")).isEqualTo("" + rows);

            var raw = post("wide", "Inference-Header-Content-Length: 0\r\n", floats(values));
            assertThat(binaryPart(raw)).isEqualTo(floats(twice(values)));
        }
    }

    @Test
    void largeBinaryBodies_thatDoNotFit_areRefused_andLeaveTheirRoom() throws IOException {
        var values = floats(ramp(200));
        var json = "{\"inputs\":[{\"name\":\"x\",\"shape\":[200," + WIDE
                + "],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":" + values.length + "}}]}";
        // Together far more than there is direct memory for.
        for (int i = 0; i < 100; i++) {
            var shortened = post("wide", jsonLength(json), joined(json, Arrays.copyOf(values, values.length - 4)));
            assertRefused(shortened, 400, "INVALID_REQUEST", "bytes after the JSON part");
        }
        assertRefused(
                post("wide", "Inference-Header-Content-Length: 99999999\r\n", joined(json, values)),
                400,
                "INVALID_REQUEST",
                "Inference-Header-Content-Length: 99999999");
        assertRefused(
                post("wide", "Inference-Header-Content-Length: -1\r\n", joined(json, values)),
                400,
                "INVALID_REQUEST",
                "Inference-Header-Content-Length: '-1'");
        var json1 = json.replace("\"FP32\"", "\"BOOL\"");
        assertThat(post("wide", jsonLength(json1), joined(json1, values)).status())
                .isEqualTo(400);
        assertThat(binary("wide", json, values).status()).isEqualTo(200);
    }

    // Codings.

    private static byte[] packed(String coding, byte[] body) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = coding.equals("gzip") ? new GZIPOutputStream(bytes) : new DeflaterOutputStream(bytes)) {
            out.write(body);
        }
        return bytes.toByteArray();
    }

    private static byte[] unpacked(String coding, byte[] body) throws IOException {
        var bytes = new ByteArrayInputStream(body);
        try (var in = coding.equals("gzip") ? new GZIPInputStream(bytes) : new InflaterInputStream(bytes)) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate"})
    void compressedBodies_areReadAndWritten(String coding) throws IOException {
        var values = ramp(2);
        var json = "{\"inputs\":[{\"name\":\"x\",\"shape\":[2," + WIDE
                + "],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":" + 4 * values.length
                + "}}],\"parameters\":{\"binary_data_output\":true}}";

        var answer = post(
                "wide",
                jsonLength(json) + "Content-Encoding: " + coding + "\r\nAccept-Encoding: " + coding + "\r\n",
                packed(coding, joined(json, floats(values))));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Content-Encoding")).isEqualTo(coding);
        assertThat(answer.header("Vary")).isEqualToIgnoringCase("accept-encoding");
        var plain = new Answer(200, answer.headers(), unpacked(coding, answer.body()));
        assertThat(jsonPart(plain)).contains("\"binary_data_size\":" + 4 * values.length);
        assertThat(binaryPart(plain)).isEqualTo(floats(twice(values)));
        assertThat(answer.body().length).isLessThan(plain.body().length);
    }

    @Test
    void smallAnswersAndErrors_areNotCompressed() throws IOException {
        var json = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2,3]}]}";
        var small = post("twice", "Accept-Encoding: gzip\r\n", json.getBytes(UTF_8));
        assertThat(small.header("Content-Encoding")).isEqualTo("none");
        var error = post("twice", "Accept-Encoding: gzip, deflate\r\n", ("{" + "x".repeat(5000)).getBytes(UTF_8));
        assertThat(error.status()).isEqualTo(400);
        assertThat(error.header("Content-Encoding")).isEqualTo("none");
        var metadata = send("GET", "/v2/models/stats", "Accept-Encoding: gzip\r\n", new byte[0]);
        assertThat(metadata.body().length).isGreaterThan(1024);
        assertThat(metadata.header("Content-Encoding")).isEqualTo("none");
    }

    @Test
    void whatUnpacksToTooMuch_is413_andWhatIsNotPacked_400() throws IOException {
        var bomb = packed("gzip", " ".repeat((4 << 20) + 1).getBytes(UTF_8));
        assertThat(bomb.length).isLessThan(10_000);
        assertRefused(post("twice", "Content-Encoding: gzip\r\n", bomb), 413, "BODY_TOO_LARGE", "once unpacked");
        assertRefused(
                post("twice", "Content-Encoding: gzip\r\n", "{}".getBytes(UTF_8)),
                400,
                "INVALID_REQUEST",
                "not packed as its Content-Encoding says");
        assertRefused(
                post("twice", "Content-Encoding: gzip, gzip\r\n", "{}".getBytes(UTF_8)),
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                "Content-Encoding: 'gzip, gzip'");
        assertRefused(
                post("twice", "Content-Encoding: gzip\r\nContent-Encoding: deflate\r\n", "{}".getBytes(UTF_8)),
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                "Content-Encoding");
    }

    // Statistics and configuration.

    @Test
    void statistics_countWhatWasRun() throws IOException {
        var before = stats("/v2/models/slow/stats");
        for (int rows = 1; rows <= 2; rows++) {
            var row = "0,".repeat(256 * rows - 1) + "0";
            var json = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[" + rows + ",256],\"data\":["
                    + row + "]}]}";
            assertThat(post("slow", json).status()).isEqualTo(200);
        }
        assertThat(post("slow", "{}").status()).isEqualTo(400);

        var after = stats("/v2/models/slow/versions/1/stats");
        assertThat(after.get("name").asString()).isEqualTo("slow");
        assertThat(after.get("version").asString()).isEqualTo("1");
        assertThat(after.get("inference_count").asLong())
                .isEqualTo(before.get("inference_count").asLong() + 3);
        assertThat(after.get("execution_count").asLong())
                .isEqualTo(before.get("execution_count").asLong() + 2);
        assertThat(after.get("last_inference").asLong())
                .isBetween(System.currentTimeMillis() - 600_000, System.currentTimeMillis() + 1000);
        var calls = after.get("inference_stats");
        assertThat(calls.get("success").get("count").asLong()).isEqualTo(2);
        assertThat(calls.get("fail").get("count").asLong()).isEqualTo(1);
        long sum = 0;
        for (var part : List.of("queue", "compute_input", "compute_infer", "compute_output")) {
            assertThat(calls.get(part).get("count").asLong()).isEqualTo(2);
            sum += calls.get(part).get("ns").asLong();
        }
        assertThat(calls.get("compute_infer").get("ns").asLong()).isPositive();
        assertThat(calls.get("success").get("ns").asLong()).isBetween(sum - 10, sum + 10);
        assertThat(calls.get("cache_hit").get("count").asLong()).isZero();
        assertThat(after.get("batch_stats")).hasSize(2);
        assertThat(after.get("batch_stats").get(1).get("batch_size").asInt()).isEqualTo(2);
        assertThat(after.get("batch_stats")
                        .get(1)
                        .get("compute_infer")
                        .get("count")
                        .asLong())
                .isEqualTo(1);
    }

    private JsonNode stats(String path) throws IOException {
        var answer = get(path);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().get("model_stats")).hasSize(1);
        return answer.json().get("model_stats").get(0);
    }

    @Test
    void statistics_areOfOneVersion_oneModel_orAll() throws IOException {
        assertThat(get("/v2/models/twice/stats").json().get("model_stats")).hasSize(2);
        assertThat(get("/v2/models/stats").json().get("model_stats")).hasSize(6 + TYPES.size());
        assertRefused(get("/v2/models/nobody/stats"), 404, "MODEL_NOT_FOUND", "nobody");
        assertRefused(get("/v2/models/twice/versions/9/stats"), 404, "VERSION_NOT_FOUND", "9");
        assertThat(send("POST", "/v2/models/stats", "Content-Length: 0\r\n", new byte[0])
                        .status())
                .isEqualTo(405);
    }

    @Test
    void configuration_isTritons() throws IOException {
        var config = get("/v2/models/twice/config").json();
        assertThat(config.get("name").asString()).isEqualTo("twice");
        assertThat(config.get("platform").asString()).isEqualTo("onnxruntime_onnx");
        assertThat(config.get("backend").asString()).isEqualTo("onnxruntime");
        assertThat(config.get("max_batch_size").asInt()).isPositive();
        assertThat(config.get("input").toString())
                .isEqualTo("[{\"name\":\"x\",\"data_type\":\"TYPE_FP32\",\"dims\":[3]}]");
        assertThat(config.get("version_policy").toString()).isEqualTo("{\"specific\":{\"versions\":[1,2]}}");
        assertThat(config.get("instance_group").get(0).get("kind").asString()).isEqualTo("KIND_CPU");
        assertThat(get("/v2/models/BYTES/versions/1/config").text()).contains("\"data_type\":\"TYPE_STRING\"");
        assertThat(get("/v2/models/nobody/config").status()).isEqualTo(404);
    }

    @Test
    void extensions_areListed() throws IOException {
        assertThat(get("/v2").text())
                .endsWith("\"extensions\":[\"binary_tensor_data\",\"model_configuration\",\"model_repository\","
                        + "\"statistics\"]}");
    }

    @Test
    void textTasks_sayHowManyTokensWereRun() throws IOException {
        var answer = post(
                "minilm",
                "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"Hello world\","
                        + "\"a longer text of more than eight tokens\"]}]}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Presage-Rows")).isEqualTo("2");
        assertThat(answer.header("Presage-Tokens")).isEqualTo("15");
    }
}
