package io.presage.worker.artifacts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.state.FailureCause;
import io.presage.worker.HostileFile;
import io.presage.worker.Mutation;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
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

    /// Whatever is wrong with an archive, it is a refusal: anything else would be tried again for ever.
    @Test
    void mutatedPackages_areUnpackedOrRefused() throws Exception {
        var yaml = PackagesForTests.bytes("task: tensor\nlabels: [a, b]\nbatching: {rowsMax: 5}\n");
        var model = OnnxModelBuilder.twice(3);
        var zip = PackagesForTests.zip("model.yaml", yaml, "net/m.onnx", model);
        var tar = new TarBytes()
                .file("model.yaml", yaml)
                .pax("path", "net/m.onnx")
                .file("x", model)
                .raw(new byte[1024])
                .tar();
        for (int seed = 0; seed < 3000; seed++) {
            var mutated = switch (seed % 3) {
                case 0 -> Mutation.of(zip, seed);
                case 1 -> TarBytes.gzip(Mutation.of(tar, seed));
                default -> PackagesForTests.zip("model.yaml", Mutation.of(yaml, seed), "m.onnx", model);
            };
            var packed = Files.write(directory.resolve("package"), mutated);
            var folder = Files.createDirectories(directory.resolve("unpacked" + seed));
            try {
                new PackageUnpacker(1 << 30).unpack(packed, folder);
                PackageReader.read(folder);
            } catch (PackageException e) {
                assertThat(FailureCause.of(e.failure().cause()))
                        .as("seed " + seed + ": " + e.failure())
                        .isPresent();
            } catch (IOException | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    @Test
    void namesOfTheTricks_areUnique() throws IOException {
        assertThat(hostile()).extracting(HostileFile::name).doesNotHaveDuplicates();
        assertThat(hostile()).hasSizeGreaterThan(100);
    }
}
