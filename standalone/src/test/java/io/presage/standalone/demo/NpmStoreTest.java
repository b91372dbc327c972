package io.presage.standalone.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.standalone.demo.DemoModel.ModelFile;
import io.presage.standalone.demo.DemoModel.NpmSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A shell script stands in for npm: it copies a package that the test has made.
class NpmStoreTest {
    private static final List<ModelFile> FILES = List.of(new ModelFile("package/a.onnx", "model.onnx", null));

    @TempDir
    Path folder;

    private Path published;
    private Path npm;

    @BeforeEach
    void publish() throws IOException {
        published = folder.resolve("published.tgz");
        try (var tar = new TarArchiveOutputStream(new GzipCompressorOutputStream(Files.newOutputStream(published)))) {
            for (var name : List.of("package/a.onnx", "package/b.onnx")) {
                var bytes = name.getBytes(StandardCharsets.UTF_8);
                var entry = new TarArchiveEntry(name);
                entry.setSize(bytes.length);
                tar.putArchiveEntry(entry);
                tar.write(bytes);
                tar.closeArchiveEntry();
            }
        }
        npm = script("cp '" + published + "' \"$5/fetched.tgz\"");
    }

    @Test
    void read_fetchesOnceAndKeeps() throws Exception {
        var source = new NpmSource("@scope/pack", "1.2.3", Digests.of(published));
        var store = new NpmStore(folder.resolve("kept"), npm.toString());

        assertThat(store.read(source, FILES)).containsOnlyKeys("model.onnx");

        Files.delete(npm);
        assertThat(store.read(source, FILES).get("model.onnx"))
                .isEqualTo("package/a.onnx".getBytes(StandardCharsets.UTF_8));
        try (var kept = Files.list(folder.resolve("kept"))) {
            assertThat(kept.map(file -> file.getFileName().toString())).containsExactly("-scope-pack-1.2.3.tgz");
        }
    }

    @Test
    void read_anotherDigest_isNeverOpened() {
        var source = new NpmSource("pack", "1", "0".repeat(64));
        assertThatThrownBy(() -> new NpmStore(folder.resolve("kept"), npm.toString()).read(source, FILES))
                .isInstanceOf(LeftOutException.class)
                .hasMessageContaining("expected: " + "0".repeat(64));
        assertThat(folder.resolve("kept/pack-1.tgz")).doesNotExist();
    }

    @Test
    void read_keptFileThatWasDamaged_isFetchedAgain() throws Exception {
        var source = new NpmSource("pack", "1", Digests.of(published));
        Files.createDirectories(folder.resolve("kept"));
        Files.writeString(folder.resolve("kept/pack-1.tgz"), "cut off");
        assertThat(new NpmStore(folder.resolve("kept"), npm.toString()).read(source, FILES))
                .hasSize(1);
    }

    @Test
    void read_withoutNpm_saysSo() {
        var source = new NpmSource("pack", "1", Digests.of(new byte[0]));
        var missing = folder.resolve("no-such-npm").toString();
        assertThatThrownBy(() -> new NpmStore(folder.resolve("kept"), missing).read(source, FILES))
                .isInstanceOf(LeftOutException.class)
                .hasMessageContaining("npm is not on the PATH (install Node.js");
    }

    @Test
    void read_npmFails_saysSo() throws Exception {
        var source = new NpmSource("pack", "1", Digests.of(new byte[0]));
        var failing = script("exit 1").toString();
        assertThatThrownBy(() -> new NpmStore(folder.resolve("kept"), failing).read(source, FILES))
                .isInstanceOf(LeftOutException.class)
                .hasMessageContaining("npm pack pack@1 failed");
    }

    private Path script(String line) throws IOException {
        var script = Files.writeString(folder.resolve("npm"), "#!/bin/sh\n" + line + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script;
    }
}
