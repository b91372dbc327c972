package io.presage.hosting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServicePropertiesTest {
    private static final String SECRET = "0123456789abcdef0123456789abcdef";

    @TempDir
    Path folder;

    @Test
    void secret_isTheTextOrTheFilesContent() throws Exception {
        var file = Files.writeString(folder.resolve("secret"), SECRET + "\n");

        assertThat(new ServiceProperties(SECRET, null).secret()).isEqualTo(SECRET);
        assertThat(new ServiceProperties(null, file).secret()).isEqualTo(SECRET);
    }

    @Test
    void secret_missingTwiceGivenShortOrUnreadable_isRefusedWithoutSayingIt() {
        assertThatThrownBy(() -> new ServiceProperties(null, null).secret()).hasMessageContaining("exactly one of");
        assertThatThrownBy(() -> new ServiceProperties(SECRET, folder).secret())
                .hasMessageContaining("exactly one of")
                .hasMessageNotContaining(SECRET);
        assertThatThrownBy(() -> new ServiceProperties("short", null).secret())
                .hasMessageContaining("at least 32")
                .hasMessageNotContaining("short");
        assertThatThrownBy(() -> new ServiceProperties(null, folder.resolve("none")).secret())
                .hasMessageContaining("presage.service-secret-file");
    }

    @Test
    void secret_isNeverPrinted() {
        assertThat(new ServiceProperties(SECRET, null).toString()).doesNotContain(SECRET);
    }
}
