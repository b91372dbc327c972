package io.presage.standalone.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackageZipTest {
    @TempDir
    Path folder;

    @Test
    void write_sameFiles_isTheSameBytesWhereverItRuns() throws Exception {
        var files = new TreeMap<>(Map.of("model.yaml", bytes("task: tensor"), "samples/a.request.json", bytes("{}")));
        var before = TimeZone.getDefault();
        try {
            TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Auckland"));
            PackageZip.write(folder.resolve("one.zip"), files);
            TimeZone.setDefault(TimeZone.getTimeZone("America/Los_Angeles"));
            PackageZip.write(folder.resolve("two.zip"), files);
        } finally {
            TimeZone.setDefault(before);
        }
        assertThat(Files.mismatch(folder.resolve("one.zip"), folder.resolve("two.zip")))
                .isEqualTo(-1);
        try (var zip = new ZipFile(folder.resolve("one.zip").toFile())) {
            assertThat(zip.stream().map(Object::toString)).containsExactly("model.yaml", "samples/a.request.json");
            assertThat(zip.getInputStream(zip.getEntry("model.yaml")).readAllBytes())
                    .isEqualTo(bytes("task: tensor"));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
