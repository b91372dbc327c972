package io.presage.worker.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.engine.LoadedModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The demo catalogue's samples, through the tasks and the real models. Faces and voice activity come by npm:
/// the end-to-end tests check theirs.
class ExamplesTest {
    @TempDir
    Path directory;

    @Test
    void tumour() throws Exception {
        check(ExamplePackage.shipped("tumour"));
    }

    @Test
    void digits() throws Exception {
        check(ExamplePackage.shipped("digits"));
    }

    @Test
    void minilm() throws Exception {
        check(ExamplePackage.minilm(directory));
    }

    private static void check(ExamplePackage example) throws Exception {
        OnnxSession session = new OnnxSession(example.unpacked().modelFile());
        try (Task task = Tasks.create(example.unpacked(), session.signature());
                LoadedModel instance = task.adapt(session)) {
            Task.Prepared prepared = task.prepare(example.request());
            List<Tensor> outputs = task.finish(prepared, instance.run(prepared.inputs()));
            assertThat(outputs.stream().map(Tensor::name))
                    .containsExactlyElementsOf(task.signature().outputs().stream()
                            .map(TensorSpec::name)
                            .toList());
            double tolerance = example.unpacked().manifest().samples().tolerance();
            JsonNode expected = example.sample("response").get("outputs");
            assertThat(outputs).hasSameSizeAs(expected);
            for (int i = 0; i < outputs.size(); i++) {
                compare(outputs.get(i), expected.get(i), tolerance);
            }
        }
    }

    private static void compare(Tensor actual, JsonNode expected, double tolerance) {
        assertThat(actual.name()).isEqualTo(expected.get("name").asString());
        assertThat(actual.dataType().name()).isEqualTo(expected.get("datatype").asString());
        assertThat(actual.shape()).hasToString(expected.get("shape").toString().replace(",", ", "));
        List<JsonNode> values = new ArrayList<>();
        ExamplePackage.flatten(expected.get("data"), values);
        if (actual instanceof Tensor.Bytes bytes) {
            assertThat(bytes.elements().stream().map(element -> new String(element, StandardCharsets.UTF_8)))
                    .as(actual.name())
                    .containsExactlyElementsOf(
                            values.stream().map(JsonNode::asString).toList());
        } else {
            List<Double> numbers = numbers(actual);
            assertThat(numbers).hasSameSizeAs(values);
            for (int i = 0; i < values.size(); i++) {
                assertThat(numbers.get(i))
                        .as(actual.name() + "[" + i + "]")
                        .isCloseTo(values.get(i).asDouble(), within(tolerance));
            }
        }
    }

    private static List<Double> numbers(Tensor tensor) {
        ByteBuffer data = ((Tensor.Fixed) tensor).data().duplicate().order(ByteOrder.LITTLE_ENDIAN);
        List<Double> numbers = new ArrayList<>();
        while (data.hasRemaining()) {
            numbers.add(tensor.dataType() == DataType.INT64 ? data.getLong() : (double) data.getFloat());
        }
        return numbers;
    }
}
