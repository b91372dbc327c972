package io.presage.api.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ControlPathTest {
    @Test
    void onlyPathsThatCanBeReadInOneWay() {
        assertThat(List.of("/api/v1", "/api/v1/models", "/api/v1/models/a.b_c-1~2/versions/3"))
                .allMatch(path -> ControlPath.check(path).isPresent());
        assertThat(List.of(
                        "/api",
                        "/api/v2",
                        "/api/v1x",
                        "/api/v1/",
                        "/api/v1//a",
                        "/api/v1/a/",
                        "/api/v1/..",
                        "/api/v1/./a",
                        "/api/v1/.../a",
                        "/api/v1/a;b",
                        "/api/v1/%2e%2e/a",
                        "/api/v1/a\\b",
                        "/api/v1/ä"))
                .noneMatch(path -> ControlPath.check(path).isPresent());
    }
}
