package io.presage.e2e.clients;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.e2e.cluster.SharedStandalone;
import io.presage.e2e.cluster.Standalone;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What `tritonclient.http` (on geventhttpclient) and `tritonclient.http.aio` (on aiohttp) send, from their
/// published sources, through the gateway to a real worker; and of the answers what they read: status 200 or
/// `error`, `Inference-Header-Content-Length`, `Content-Encoding`, `binary_data_size` of each output, in order.
/// The key goes along as these clients send headers of the caller's.
@ExtendWith(SharedStandalone.class)
class TritonPythonWireIT {
    private Wire wire;

    @BeforeEach
    void connect(Standalone presage) throws IOException {
        wire = new Wire(presage);
    }

    @AfterEach
    void disconnect() throws IOException {
        wire.close();
    }

    /// The order in which geventhttpclient writes: its own header, the caller's, Host, the length. It names no
    /// content type, and no length where there is no body.
    private Wire.Answer gevent(String method, String path, byte[] body, String... headers) throws IOException {
        var lines = new ArrayList<>(
                List.of(method + " " + path + " HTTP/1.1", "User-Agent: python/gevent-http-client-2.3.1"));
        lines.add("Authorization: Bearer KEY");
        lines.addAll(List.of(headers));
        lines.add("Host: HOST");
        if (body.length > 0) {
            lines.add("Content-Length: " + body.length);
        }
        return wire.send(lines, body);
    }

    /// aiohttp's: a body of bytes is an octet-stream, JSON or not.
    private Wire.Answer aiohttp(String path, byte[] body, String... headers) throws IOException {
        var lines = new ArrayList<>(List.of("POST " + path + " HTTP/1.1", "Host: HOST", "Authorization: Bearer KEY"));
        lines.addAll(List.of(headers));
        lines.addAll(List.of(
                "Accept: */*",
                "Accept-Encoding: gzip, deflate",
                "User-Agent: Python/3.11 aiohttp/3.9.1",
                "Content-Length: " + body.length,
                "Content-Type: application/octet-stream"));
        return wire.send(lines, body);
    }

    /// The inputs as rapidjson writes them: no blanks, members in the order in which the client makes them.
    private static String binaryInput(int bytes) {
        return "\"inputs\":[{\"name\":\"features\",\"shape\":[2,30],\"datatype\":\"FP32\",\"parameters\":"
                + "{\"binary_data_size\":" + bytes + "}}]";
    }

    private static void assertIsTheSample(Wire.Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/octet-stream");
        var outputs = answer.head().path("outputs");
        assertThat(outputs.path(0).path("name").asString()).isEqualTo("label");
        assertThat(outputs.path(0).path("datatype").asString()).isEqualTo("INT64");
        assertThat(outputs.path(0).path("parameters").path("binary_data_size").asInt())
                .isEqualTo(16);
        assertThat(outputs.path(1).path("shape").toString()).isEqualTo("[2,2]");
        assertThat(outputs.path(1).path("parameters").path("binary_data_size").asInt())
                .isEqualTo(16);
        var tensors = answer.tensors();
        assertThat(tensors.remaining()).isEqualTo(32);
        assertThat(tensors.getLong()).isEqualTo(0);
        assertThat(tensors.getLong()).isEqualTo(1);
        assertThat(tensors.getFloat()).isCloseTo(1, within(0.001f));
        tensors.position(28);
        assertThat(tensors.getFloat()).isCloseTo(0.998371f, within(0.001f));
    }

    @Test
    void infer_withoutRequestedOutputs_getsAllOfThemInBinary() throws IOException {
        var rows = Wire.rows();
        var json = "{\"id\":\"7\"," + binaryInput(rows.length) + ",\"parameters\":{\"binary_data_output\":true}}";
        var answer = gevent(
                "POST",
                "/v2/models/tumour/infer",
                Wire.joined(json, rows),
                "Inference-Header-Content-Length: " + json.length());

        assertIsTheSample(answer);
        assertThat(answer.head().path("id").asString()).isEqualTo("7");
        assertThat(answer.head().path("model_name").asString()).isEqualTo("tumour");
        assertThat(answer.head().path("model_version").asString()).isEqualTo("1");
    }

    @Test
    void infer_ofAVersion_withSequencePriorityAndTimeout_isRun() throws IOException {
        var rows = Wire.rows();
        var json = "{" + binaryInput(rows.length)
                + ",\"parameters\":{\"sequence_id\":5,\"sequence_start\":true,\"sequence_end\":false,\"priority\":1,"
                + "\"timeout\":5000000,\"binary_data_output\":true,\"mine\":\"x\"}}";
        assertIsTheSample(gevent(
                "POST",
                "/v2/models/tumour/versions/1/infer?a=b&c=d",
                Wire.joined(json, rows),
                "Inference-Header-Content-Length: " + json.length()));
    }

    @Test
    void infer_withRequestedOutputs_getsEachInItsForm_inTheirOrder() throws IOException {
        var json = "{\"inputs\":[{\"name\":\"features\",\"shape\":[2,30],\"datatype\":\"FP32\",\"data\":["
                + Wire.rowsAsJson()
                + "]}],\"outputs\":[{\"name\":\"probabilities\",\"parameters\":{\"binary_data\":true}},"
                + "{\"name\":\"label\",\"parameters\":{\"binary_data\":false}}]}";
        var answer = gevent("POST", "/v2/models/tumour/infer", json.getBytes(UTF_8));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        var outputs = answer.head().path("outputs");
        assertThat(outputs.path(0).path("name").asString()).isEqualTo("probabilities");
        assertThat(outputs.path(1).path("data").toString()).isEqualTo("[0,1]");
        assertThat(answer.tensors().remaining()).isEqualTo(16);
    }

    @Test
    void infer_allAsJson_hasNoHeaderOfABinaryPart() throws IOException {
        var json = "{\"inputs\":[{\"name\":\"features\",\"shape\":[2,30],\"datatype\":\"FP32\",\"data\":["
                + Wire.rowsAsJson() + "]}],\"outputs\":[{\"name\":\"label\",\"parameters\":{\"binary_data\":false}}]}";
        var answer = gevent("POST", "/v2/models/tumour/infer", json.getBytes(UTF_8));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Inference-Header-Content-Length")).isEqualTo("none");
        assertThat(answer.json().path("outputs").path(0).path("data").toString())
                .isEqualTo("[0,1]");
    }

    /// `BYTES` from numpy: each element behind its length.
    @Test
    void infer_ofTexts_inBinary() throws IOException {
        var elements = Wire.joined("", Wire.element("A man is playing a guitar."), Wire.element("grün"));
        var json = "{\"inputs\":[{\"name\":\"text\",\"shape\":[2],\"datatype\":\"BYTES\",\"parameters\":"
                + "{\"binary_data_size\":" + elements.length + "}}],\"parameters\":{\"binary_data_output\":true}}";
        var answer = gevent(
                "POST",
                "/v2/models/minilm/infer",
                Wire.joined(json, elements),
                "Inference-Header-Content-Length: " + json.length());

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.head().path("outputs").path(0).path("shape").toString())
                .isEqualTo("[2,384]");
        var floats = answer.tensors().asFloatBuffer();
        assertThat(floats.remaining()).isEqualTo(2 * 384);
        var first = new ArrayList<Float>();
        while (first.size() < 384) {
            first.add(floats.get());
        }
        Embeddings.assertIsTheSample(first, 0);
    }

    /// The header's length is that of the JSON before packing; answers are packed when they are asked so and
    /// large.
    @ParameterizedTest
    @CsvSource({"gzip,gzip", "deflate,deflate", "gzip,deflate", "deflate,gzip"})
    void infer_compressed_bothWays(String request, String response) throws IOException {
        var texts = new ArrayList<byte[]>();
        for (int i = 0; i < 8; i++) {
            texts.add(Wire.element("the same"));
        }
        var elements = Wire.joined("", texts.toArray(byte[][]::new));
        var json = "{\"inputs\":[{\"name\":\"text\",\"shape\":[8],\"datatype\":\"BYTES\",\"parameters\":"
                + "{\"binary_data_size\":" + elements.length + "}}],\"parameters\":{\"binary_data_output\":true}}";
        var answer = gevent(
                "POST",
                "/v2/models/minilm/infer",
                Wire.packed(request, Wire.joined(json, elements)),
                "Content-Encoding: " + request,
                "Accept-Encoding: " + response,
                "Inference-Header-Content-Length: " + json.length());

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Content-Encoding")).isEqualTo(response);
        var plain = answer.unpacked();
        assertThat(answer.body().length).isLessThan(plain.body().length);
        assertThat(plain.tensors().remaining()).isEqualTo(8 * 4 * 384);
        assertThat(plain.head().path("outputs").path(0).path("shape").toString())
                .isEqualTo("[8,384]");
    }

    /// The client reads `error` and nothing else of it.
    @ParameterizedTest
    @CsvSource({
        "/v2/models/nobody/infer,404",
        "/v2/models/tumour/versions/99/infer,404",
        "/v2/models/tumour/infer,400",
    })
    void infer_thatIsRefused_saysWhyInError(String path, int status) throws IOException {
        var json = "{" + binaryInput(8) + "}";
        var answer = gevent(
                "POST", path, Wire.joined(json, new byte[8]), "Inference-Header-Content-Length: " + json.length());
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.json().path("error").asString()).isNotBlank();
        assertThat(answer.header("Content-Encoding")).isEqualTo("none");
    }

    /// What the client's other functions ask, on one connection, one after the other.
    @Test
    void questions_areAnswered_onOneConnection() throws IOException {
        for (var path : List.of("/v2/health/live", "/v2/health/ready", "/v2/models/tumour/ready")) {
            assertThat(gevent("GET", path, new byte[0]).status()).as(path).isEqualTo(200);
        }
        assertThat(gevent("GET", "/v2/models/tumour/versions/99/ready", new byte[0])
                        .status())
                .isNotEqualTo(200);
        var server = gevent("GET", "/v2", new byte[0]).json();
        assertThat(server.path("extensions").toString()).contains("binary_tensor_data");
        var model = gevent("GET", "/v2/models/tumour", new byte[0]).json();
        assertThat(model.path("inputs").path(0).path("datatype").asString()).isEqualTo("FP32");
        assertThat(gevent("GET", "/v2/models/tumour/versions/1/config", new byte[0])
                        .json()
                        .path("input")
                        .path(0)
                        .path("data_type")
                        .asString())
                .isEqualTo("TYPE_FP32");
        assertThat(gevent("GET", "/v2/models/tumour/stats", new byte[0])
                        .json()
                        .path("model_stats")
                        .path(0)
                        .path("name")
                        .asString())
                .isEqualTo("tumour");
    }

    /// `get_model_repository_index` posts an empty text: older versions of geventhttpclient tell no length then.
    @ParameterizedTest
    @ValueSource(strings = {"X-Nothing: here", "Content-Length: 0"})
    void repositoryIndex_isAnEmptyPost(String header) throws IOException {
        var index = gevent("POST", "/v2/repository/index", new byte[0], header);
        assertThat(index.status()).as(index.text()).isEqualTo(200);
        assertThat(index.json().findValuesAsString("name")).contains("tumour", "minilm");
    }

    /// What only a Triton server has is refused with a reason, not answered as if it were there.
    @Test
    void sharedMemoryAndLoading_areNotHere() throws IOException {
        assertThat(gevent("GET", "/v2/systemsharedmemory/status", new byte[0]).status())
                .isEqualTo(404);
        assertThat(gevent("POST", "/v2/repository/models/tumour/load", "{}".getBytes(UTF_8))
                        .status())
                .isEqualTo(404);
        var json = "{\"inputs\":[{\"name\":\"features\",\"shape\":[2,30],\"datatype\":\"FP32\",\"parameters\":"
                + "{\"shared_memory_region\":\"r\",\"shared_memory_byte_size\":240}}],"
                + "\"parameters\":{\"binary_data_output\":true}}";
        var answer = gevent("POST", "/v2/models/tumour/infer", json.getBytes(UTF_8));
        assertThat(answer.status()).as(answer.text()).isEqualTo(501);
        assertThat(answer.json().path("error").asString()).contains("shared_memory_region");
    }

    /// The asyncio client announces codings on every call and unpacks only answers of 200.
    @Test
    void asyncio_pureJson_andBinary() throws IOException {
        var json = "{\"inputs\":[{\"name\":\"features\",\"shape\":[2,30],\"datatype\":\"FP32\",\"data\":["
                + Wire.rowsAsJson() + "]}],\"parameters\":{\"binary_data_output\":true}}";
        assertIsTheSample(aiohttp("/v2/models/tumour/infer", json.getBytes(UTF_8)));

        var rows = Wire.rows();
        var head = "{" + binaryInput(rows.length) + ",\"parameters\":{\"binary_data_output\":true}}";
        assertIsTheSample(aiohttp(
                "/v2/models/tumour/infer",
                Wire.joined(head, rows),
                "Inference-Header-Content-Length: " + head.length()));

        var refused = aiohttp("/v2/models/tumour/infer", ("{\"inputs\":" + " ".repeat(4096)).getBytes(UTF_8));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.header("Content-Encoding")).isEqualTo("none");
        assertThat(refused.json().path("error").asString()).isNotBlank();
    }
}
