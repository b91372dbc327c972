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
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// What Triton's Java client sends (Apache's asynchronous HTTP client 4, Jackson 2 with a `HashMap`'s order: the
/// outputs stand before the inputs), through the gateway to a real worker. The client is not published anywhere
/// as an artifact; this is from its source, as is what it can read: no member of an answer that it does not know,
/// data of JSON outputs in one flat array, and a binary part of just the lengths that the outputs tell.
@ExtendWith(SharedStandalone.class)
class TritonJavaWireIT {
    private Wire wire;

    @BeforeEach
    void connect(Standalone presage) throws IOException {
        wire = new Wire(presage);
    }

    @AfterEach
    void disconnect() throws IOException {
        wire.close();
    }

    /// The caller's headers come first; an entity made of bytes has no content type.
    private Wire.Answer post(String path, byte[] body, String... headers) throws IOException {
        var lines = new ArrayList<>(List.of("POST " + path + " HTTP/1.1", "Authorization: Bearer KEY"));
        lines.addAll(List.of(headers));
        lines.addAll(List.of(
                "Content-Length: " + body.length,
                "Host: HOST",
                "Connection: Keep-Alive",
                "User-Agent: Apache-HttpAsyncClient/4.1.4 (Java/17.0.2)"));
        return wire.send(lines, body);
    }

    private static void assertIsReadable(JsonNode answer) {
        assertThat(List.of("model_name", "model_version", "id", "parameters", "outputs"))
                .containsAll(answer.propertyNames());
        for (var output : answer.path("outputs")) {
            assertThat(List.of("name", "shape", "datatype", "parameters", "data"))
                    .containsAll(output.propertyNames());
            assertThat(output.path("data")).allMatch(JsonNode::isValueNode);
        }
    }

    @Test
    void infer_binaryBothWays_outputsBeforeInputs() throws IOException {
        var rows = Wire.rows();
        var json = "{\"outputs\":[{\"name\":\"label\",\"parameters\":{\"binary_data\":true}},"
                + "{\"name\":\"probabilities\",\"parameters\":{\"binary_data\":true}}],"
                + "\"inputs\":[{\"name\":\"features\",\"shape\":[2,30],\"datatype\":\"FP32\","
                + "\"parameters\":{\"binary_data_size\":" + rows.length + "}}],\"id\":\"j-1\"}";
        var answer = post(
                "/v2/models/tumour/infer",
                Wire.joined(json, rows),
                "Inference-Header-Content-Length: " + json.length());

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertIsReadable(answer.head());
        assertThat(answer.head().path("id").asString()).isEqualTo("j-1");
        int sizes = 0;
        for (var output : answer.head().path("outputs")) {
            sizes += output.path("parameters").path("binary_data_size").asInt();
        }
        var tensors = answer.tensors();
        assertThat(tensors.remaining()).isEqualTo(sizes).isEqualTo(32);
        assertThat(tensors.getLong(0)).isEqualTo(0);
        assertThat(tensors.getLong(8)).isEqualTo(1);
        assertThat(tensors.getFloat(28)).isCloseTo(0.998371f, within(0.001f));
    }

    /// An input in JSON still has its (empty) parameters; without requested outputs all are asked for in binary.
    @Test
    void infer_jsonIn_binaryOut() throws IOException {
        var json = "{\"inputs\":[{\"name\":\"features\",\"shape\":[2,30],\"datatype\":\"FP32\",\"parameters\":{},"
                + "\"data\":[" + Wire.rowsAsJson() + "]}],\"parameters\":{\"binary_data_output\":true}}";
        var answer = post("/v2/models/tumour/versions/1/infer", json.getBytes(UTF_8));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertIsReadable(answer.head());
        assertThat(answer.tensors().getLong(8)).isEqualTo(1);
    }

    @Test
    void infer_jsonBothWays_dataIsFlat() throws IOException {
        var json = "{\"outputs\":[{\"name\":\"probabilities\",\"parameters\":{\"binary_data\":false}}],"
                + "\"inputs\":[{\"name\":\"features\",\"shape\":[2,30],\"datatype\":\"FP32\",\"parameters\":{},"
                + "\"data\":[" + Wire.rowsAsJson() + "]}]}";
        var answer = post("/v2/models/tumour/infer", json.getBytes(UTF_8));

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Inference-Header-Content-Length")).isEqualTo("none");
        assertIsReadable(answer.json());
        assertThat(answer.json().path("outputs").path(0).path("data")).hasSize(4);
    }

    /// Jackson quotes what is no number in JSON.
    @Test
    void infer_ofQuotedNaN_isNaN() throws IOException {
        var rows = Wire.rowsAsJson().replaceFirst("[^,]+,[^,]+,", "\"NaN\",\"-Infinity\",");
        var json = "{\"inputs\":[{\"name\":\"features\",\"shape\":[2,30],\"datatype\":\"FP32\",\"parameters\":{},"
                + "\"data\":[" + rows + "]}],\"parameters\":{\"binary_data_output\":true}}";
        var answer = post("/v2/models/tumour/infer", json.getBytes(UTF_8));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.tensors().getLong(8)).as("the other row").isEqualTo(1);
    }

    /// The length header counts the JSON before packing; `deflate` is Java's `DeflaterOutputStream`, so zlib.
    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate"})
    void infer_compressed_bothWays(String coding) throws IOException {
        var texts = Wire.joined("", Wire.element("one"), Wire.element("one"));
        var json = "{\"inputs\":[{\"name\":\"text\",\"shape\":[2],\"datatype\":\"BYTES\",\"parameters\":"
                + "{\"binary_data_size\":" + texts.length + "}}],\"parameters\":{\"binary_data_output\":true}}";
        var answer = post(
                "/v2/models/minilm/infer",
                Wire.packed(coding, Wire.joined(json, texts)),
                "Content-Encoding: " + coding,
                "Accept-Encoding: " + coding,
                "Inference-Header-Content-Length: " + json.length());

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Content-Encoding")).isEqualTo(coding);
        var plain = answer.unpacked();
        assertIsReadable(plain.head());
        assertThat(plain.tensors().remaining()).isEqualTo(2 * 4 * 384);
    }

    /// It throws with `error`, or with the whole body where that has more members: a text either way, never an
    /// empty body, and never a packed one.
    @Test
    void infer_thatIsRefused_hasABodyThatSaysWhy() throws IOException {
        var json = "{\"inputs\":[{\"name\":\"features\",\"shape\":[1,30],\"datatype\":\"FP64\",\"parameters\":{},"
                + "\"data\":[1.0]}],\"parameters\":{\"binary_data_output\":true}}";
        for (var path : List.of("/v2/models/nobody/infer", "/v2/models/tumour/infer")) {
            var answer = post(path, json.getBytes(UTF_8), "Accept-Encoding: gzip");
            assertThat(answer.status()).as(path).isBetween(400, 404);
            assertThat(answer.json().path("error").asString()).isNotBlank();
            assertThat(answer.header("Content-Encoding")).isEqualTo("none");
        }
    }
}
