package io.presage.worker.engine.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.state.FailureCause;
import io.presage.worker.HostileFile;
import io.presage.worker.Mutation;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxCheckTest {
    private static final OnnxEngine ENGINE = new OnnxEngine();
    private static final LoadPlan PLAN = new LoadPlan(new Device(Device.Kind.CPU, 0, "cpu", 1 << 30), 1, null);

    @TempDir
    private Path directory;

    static List<HostileFile> hostile() {
        return HostileModels.all().stream()
                .filter(file -> file.phase().equals("load"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void hostileModel_isRefusedWithItsCause(HostileFile file) throws Exception {
        var model = Files.write(directory.resolve("model.onnx"), file.bytes());
        var modelPackage = new ModelPackage(directory, model, file.bytes().length, Manifest.DEFAULT);
        var refused = Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> catchThrowableOfType(LoadException.class, () -> ENGINE.load(modelPackage, PLAN)));
        assertThat(refused).as("loaded").isNotNull();
        assertThat(file.causes())
                .as(String.valueOf(refused.failure()))
                .contains(refused.failure().cause());
    }

    @Test
    void mutatedModels_areLoadedOrRefused() throws Exception {
        var originals = List.of(
                OnnxModelBuilder.twice(3),
                OnnxModelBuilder.lookUp(1, 2, 3),
                OnnxModelBuilder.slow(4, 2),
                HostileModels.embedding(),
                HostileModels.endless());
        var model = directory.resolve("model.onnx");
        for (int seed = 0; seed < 1000; seed++) {
            var bytes = Mutation.of(originals.get(seed % originals.size()), seed);
            Files.write(model, bytes);
            var modelPackage = new ModelPackage(directory, model, bytes.length, Manifest.DEFAULT);
            try (var loaded = ENGINE.load(modelPackage, PLAN)) {
                assertThat(loaded.signature().outputs()).isNotEmpty();
            } catch (LoadException e) {
                assertThat(FailureCause.of(e.failure().cause()))
                        .as("seed " + seed + ": " + e.failure())
                        .isPresent();
            }
        }
    }
}
