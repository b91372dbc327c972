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
                        "/v2/health",
                        "/internal/state",
                        "/actuator/health"))
                .allMatch(path -> PublicPath.of(path).equals(new PublicPath.Unknown()));
    }
}
