package io.presage.worker.artifacts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.worker.HostileFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HostilePackagesTest {
    @TempDir
    private Path directory;

    static List<HostileFile> hostile() throws IOException {
        return HostilePackages.all();
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void hostilePackage_isRefusedWithItsCause_andLeavesNothingElsewhere(HostileFile file) throws Exception {
        var packed = Files.write(directory.resolve("package"), file.bytes());
        var folder = Files.createDirectories(directory.resolve("inner/most/unpacked"));
        var refused = Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> catchThrowableOfType(PackageException.class, () -> {
                    new PackageUnpacker(1 << 30).unpack(packed, folder);
                    PackageReader.read(folder);
                }));
        assertThat(refused).as("unpacked").isNotNull();
        assertThat(file.causes())
                .as(String.valueOf(refused.failure()))
                .contains(refused.failure().cause());
        assertThat(refused.failure().phase()).isEqualTo("unpack");
        assertThat(refused.failure().fix()).isNotBlank();
        assertThat(refused.failure().evidence()).hasSizeLessThan(1500);
        assertThat(refused.isTransient()).isFalse();
        try (var all = Files.walk(directory)) {
            assertThat(all.filter(path -> !path.startsWith(folder))
                            .map(path -> directory.relativize(path).toString()))
                    .containsExactlyInAnyOrder("", "package", "inner", "inner/most");
        }
    }

    @Test
    void namesOfTheTricks_areUnique() throws IOException {
        assertThat(hostile()).extracting(HostileFile::name).doesNotHaveDuplicates();
        assertThat(hostile()).hasSizeGreaterThan(100);
    }
}
