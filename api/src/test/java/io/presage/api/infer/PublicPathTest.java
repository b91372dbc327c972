package io.presage.api.infer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PublicPathTest {
    @Test
    void everyKindOfPath() {
        assertThat(PublicPath.of("/v2/models/m/infer")).isEqualTo(new PublicPath.Infer("m", null));
        assertThat(PublicPath.of("/v2/models/m/versions/3/infer")).isEqualTo(new PublicPath.Infer("m", "3"));
        assertThat(PublicPath.of("/v2/models/m/versions/champion")).isEqualTo(new PublicPath.Model("m", "champion"));
        assertThat(PublicPath.of("/v2/models/m/ready")).isEqualTo(new PublicPath.ModelReady("m", null));
        assertThat(PublicPath.of("/v2/models/m/config")).isEqualTo(new PublicPath.Config("m", null));
        assertThat(PublicPath.of("/v2/models/m/versions/3/stats")).isEqualTo(new PublicPath.Statistics("m", "3"));
        assertThat(PublicPath.of("/v2/models/m/stats")).isEqualTo(new PublicPath.Statistics("m", null));
        assertThat(PublicPath.of("/v2/models/stats")).isEqualTo(new PublicPath.Statistics(null, null));
        assertThat(PublicPath.of("/v2/models/%6D%2Ex")).isEqualTo(new PublicPath.Model("m.x", null));
        assertThat(PublicPath.of("/v2")).isEqualTo(new PublicPath.Server());
        assertThat(PublicPath.of("/v2/repository/index")).isEqualTo(new PublicPath.Index());
        assertThat(PublicPath.of("/api/v1/models")).isEqualTo(new PublicPath.Control("/api/v1/models"));
    }

    @Test
    void otherProtocolsPaths() {
        assertThat(PublicPath.of("/openai/v1/embeddings")).isEqualTo(new PublicPath.Embeddings());
        assertThat(PublicPath.of("/openai/v1/models")).isEqualTo(new PublicPath.OpenAiModels());
        assertThat(PublicPath.of("/openai/v1/models/m.x"))
                .isEqualTo(new PublicPath.OpenAiModel(new NamedModel("m.x", null)));
        assertThat(PublicPath.of("/openai/v1/models/m:3"))
                .isEqualTo(new PublicPath.OpenAiModel(new NamedModel("m", "3")));
        assertThat(PublicPath.of("/openai/v1/models/m%3Achampion"))
                .isEqualTo(new PublicPath.OpenAiModel(new NamedModel("m", "champion")));
        assertThat(PublicPath.of("/v1/models/m:predict")).isEqualTo(new PublicPath.Predict("m", null));
        assertThat(PublicPath.of("/v1/models/m/versions/3:predict")).isEqualTo(new PublicPath.Predict("m", "3"));
        assertThat(PublicPath.of("/v1/models/m/labels/champion:predict"))
                .isEqualTo(new PublicPath.Predict("m", "champion"));
        assertThat(PublicPath.of("/v1/models/m")).isEqualTo(new PublicPath.Status("m", null));
        assertThat(PublicPath.of("/v1/models/m/versions/3")).isEqualTo(new PublicPath.Status("m", "3"));
        assertThat(PublicPath.of("/v1/models/m/labels/champion")).isEqualTo(new PublicPath.Status("m", "champion"));
    }

    @Test
    void allElseIsUnknown() {
        assertThat(List.of(
                        "",
                        "*",
                        "/x",
                        "/v2/models",
                        "/v2/models/",
                        "/v2/models/m/",
                        "/v2/models/m/infer/",
                        "/v2/models/m/versions",
                        "/v2/models/m/versions/",
                        "/v2/models/m/versions/0",
                        "/v2/models/m%",
                        "/v2/models/m%2",
                        "/v2/models/m%zz",
                        "/v2/models/m%252e",
                        "/v2/models/%C3%A4",
                        "/v2/models/%2e%2e/infer",
                        "/openai/v1",
                        "/openai/v1/models/",
                        "/openai/v1/models/a/b",
                        "/openai/v1/models/a:",
                        "/openai/v1/models/:3",
                        "/openai/v1/models/a:3:4",
                        "/openai/v1/models/a:0",
                        "/openai/v1/models/a:Champion",
                        "/openai/v1/chat/completions",
                        "/v1/models/",
                        "/v1/models/m:classify",
                        "/v1/models/m/versions/champion",
                        "/v1/models/m/labels/3",
                        "/v1/models/m/versions/:predict",
                        "/v1/models/m/versions/3/4:predict",
                        "/v1/models/m/other:predict",
                        "/v1/models/%2e%2e:predict",
                        "/v2/health",
                        "/internal/state",
                        "/actuator/health"))
                .allMatch(path -> PublicPath.of(path).equals(new PublicPath.Unknown()));
    }
}
