package io.presage.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A demo model's sample request and its expected answer, from `examples/models/NAME/`.
///
/// @param tolerance largest absolute difference of a number, from the manifest
public record Example(String model, String request, JsonNode answer, double tolerance) {
    private static final Pattern TOLERANCE = Pattern.compile("tolerance:\\s*([0-9.e-]+)");

    public static Example read(String model) throws IOException {
        var folder = Path.of(System.getProperty("e2e.root"), "examples", "models", model);
        var tolerance = TOLERANCE.matcher(Files.readString(folder.resolve("model.yaml")));
        assertThat(tolerance.find()).isTrue();
        return new Example(
                model,
                Files.readString(folder.resolve("samples/" + model + ".request.json")),
                new JsonMapper().readTree(Files.readString(folder.resolve("samples/" + model + ".response.json"))),
                Double.parseDouble(tolerance.group(1)));
    }

    /// Sends the sample and compares every output: names, datatypes, shapes, texts, and numbers within the
    /// tolerance.
    public void check(Client client) throws Exception {
        var real = client.infer(model, request, Map.of("Content-Type", "application/json"));
        assertThat(real.status()).as(model + ": " + real.body()).isEqualTo(200);
        var outputs = real.body().path("outputs");
        var expected = answer.path("outputs");
        assertThat(outputs.size()).isEqualTo(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            for (var member : new String[] {"name", "datatype", "shape"}) {
                assertThat(outputs.path(i).path(member))
                        .isEqualTo(expected.path(i).path(member));
            }
            compare(outputs.path(i).path("data"), expected.path(i).path("data"));
        }
    }

    private void compare(JsonNode real, JsonNode expected) {
        assertThat(real.size()).isEqualTo(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            if (expected.path(i).isNumber()) {
                assertThat(real.path(i).asDouble()).isCloseTo(expected.path(i).asDouble(), within(tolerance));
            } else {
                assertThat(real.path(i)).isEqualTo(expected.path(i));
            }
        }
    }
}
