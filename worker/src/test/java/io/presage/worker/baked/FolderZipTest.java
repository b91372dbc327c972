package io.presage.worker.baked;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderZipTest {
    @TempDir
    private Path folder;

    private static Map<String, byte[]> entries(byte[] bytes) throws Exception {
        var entries = new LinkedHashMap<String, byte[]>();
        try (var zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                entries.put(entry.getName(), zip.readAllBytes());
            }
        }
        return entries;
    }

    private static byte[] read(Path path, String manifest) throws Exception {
        try (var zip = new FolderZip(path, manifest)) {
            return zip.readAllBytes();
        }
    }

    @Test
    void folder_isTheSameBytesEachTime_withoutHiddenFiles() throws Exception {
        var large = new byte[700_000];
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) (i * 31);
        }
        Files.createDirectories(folder.resolve("b/.git"));
        Files.write(folder.resolve("b/large.bin"), large);
        Files.writeString(folder.resolve("b/.git/x"), "hidden");
        Files.writeString(folder.resolve(".DS_Store"), "hidden");
        Files.writeString(folder.resolve("a.txt"), "");

        var bytes = read(folder, "task: tensor");

        var entries = entries(bytes);
        assertThat(entries.keySet()).containsExactly("model.yaml", "a.txt", "b/large.bin");
        assertThat(entries.get("b/large.bin")).isEqualTo(large);
        assertThat(entries.get("model.yaml")).isEqualTo("task: tensor".getBytes(StandardCharsets.UTF_8));
        assertThat(read(folder, "task: tensor")).isEqualTo(bytes);
    }

    @Test
    void file_keepsItsName() throws Exception {
        var file = Files.writeString(folder.resolve("net.onnx"), "x");
        assertThat(entries(read(file, "a: 1")).keySet()).containsExactly("model.yaml", "net.onnx");
    }
}
