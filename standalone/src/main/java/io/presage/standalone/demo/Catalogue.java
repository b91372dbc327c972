package io.presage.standalone.demo;

import java.io.IOException;
import java.util.List;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The list of demo models: `demo/catalogue.json` on the class path.
final class Catalogue {
    static List<DemoModel> read() throws IOException {
        try (var stream = Catalogue.class.getResourceAsStream("/demo/catalogue.json")) {
            if (stream == null) {
                throw new IllegalStateException("demo/catalogue.json is not on the class path. This is a bug.");
            }
            var mapper = JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();
            return List.of(mapper.readValue(stream, DemoModel[].class));
        }
    }

    private Catalogue() {}
}
