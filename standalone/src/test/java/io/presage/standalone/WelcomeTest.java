package io.presage.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class WelcomeTest {
    private static final List<String> DEMO = List.of("tumour", "digits", "minilm", "faces");

    @Test
    void commands_withDemoModels_predict() {
        var commands = new Welcome("http://localhost:8080", Path.of("data/admin.key"), Path.of("")).commands(DEMO);
        assertThat(commands).hasSize(3);
        assertThat(commands)
                .first()
                .isEqualTo("curl -s -H \"Authorization: Bearer $(cat data/admin.key)\""
                        + " -H 'Content-Type: application/json' -d @examples/models/tumour/samples/tumour.request.json"
                        + " http://localhost:8080/v2/models/tumour/infer");
    }

    @Test
    void commands_withoutDemoModels_uploadOne() {
        var commands =
                new Welcome("http://localhost:80", Path.of("data/admin.key"), Path.of("/opt/p")).commands(List.of());
        assertThat(commands).hasSize(3);
        assertThat(commands.get(1))
                .contains("--data-binary @/opt/p/examples/models/tumour/model.onnx")
                .contains("'Content-Type: application/octet-stream'");
    }

    @Test
    void commands_quotePathsThatTheShellWouldSplit() {
        var commands =
                new Welcome("http://localhost:80", Path.of("my data/it's.key"), Path.of("my home")).commands(DEMO);
        assertThat(commands)
                .first()
                .asString()
                .contains("$(cat 'my data/it'\\''s.key')")
                .contains("@'my home/examples/models/tumour/samples/tumour.request.json'");
    }
}
