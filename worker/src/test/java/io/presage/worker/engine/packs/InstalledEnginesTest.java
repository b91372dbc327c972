package io.presage.worker.engine.packs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.FileKind;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.Isolation;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.engine.process.ChildCommand;
import io.presage.worker.engine.process.ChildProcesses;
import io.presage.worker.engine.process.ChildSettings;
import io.presage.worker.engine.process.ProcessEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

class InstalledEnginesTest {
    private static final String XGBOOST_JSON = "{\"learner\":{\"attributes\":{}},\"version\":[3,0,4]}";
    private static final String LIGHTGBM = "tree\nversion=v3\nnum_class=1\n";

    private static final ChildSettings CHILD = new ChildSettings(
            DataSize.ofMegabytes(64),
            DataSize.ofMegabytes(16),
            Duration.ofMinutes(1),
            Duration.ofMinutes(1),
            3,
            Duration.ofMinutes(1));
    private static final ChildProcesses NO_CHILDREN =
            new ChildProcesses(new ChildCommand(Path.of("none"), "none", false, "none"), CHILD, () -> "word", () -> 0);

    @TempDir
    private Path directory;

    /// The worker's own.
    private record BuiltIn() implements Engine {
        @Override
        public String name() {
            return "onnxruntime";
        }

        @Override
        public boolean reads(ModelPackage modelPackage) {
            return true;
        }

        @Override
        public LoadedModel load(ModelPackage modelPackage, LoadPlan plan) {
            throw new UnsupportedOperationException("not loaded in this test");
        }
    }

    @AfterEach
    void forget() {
        KnownEngine.packNames().forEach(name -> System.clearProperty("pack." + name));
    }

    private InstalledEngines engines(String... allowed) {
        return new InstalledEngines(
                new BuiltIn(),
                new EngineSettings(
                        directory.toString(), Set.of(allowed), Map.of("tensorflow", Isolation.IN_PROCESS), CHILD),
                NO_CHILDREN);
    }

    private ModelPackage model(byte[] bytes, @Nullable String engine) throws IOException {
        var folder = Files.createTempDirectory(directory, "package");
        var file = Files.write(folder.resolve("model"), bytes);
        var manifest = Manifest.DEFAULT;
        return new ModelPackage(
                folder,
                file,
                bytes.length,
                new Manifest(
                        manifest.task(),
                        null,
                        engine,
                        manifest.labels(),
                        manifest.device(),
                        manifest.profile(),
                        0,
                        0,
                        manifest.batching(),
                        manifest.text(),
                        manifest.image(),
                        manifest.detection(),
                        manifest.audio(),
                        manifest.samples(),
                        null));
    }

    private ModelPackage model(String text) throws IOException {
        return model(text.getBytes(StandardCharsets.UTF_8), null);
    }

    private static Failure refusal(InstalledEngines engines, ModelPackage modelPackage) {
        try {
            throw new AssertionError("opened " + engines.forPackage(modelPackage));
        } catch (LoadException e) {
            return e.failure();
        }
    }

    @Test
    void everyKindOfModel_hasExactlyOneEngine() {
        for (var kind : EnumSet.allOf(FileKind.class)) {
            var readers = EnumSet.allOf(KnownEngine.class);
            readers.removeIf(engine -> !engine.reads(kind));
            assertThat(readers).as(kind.name()).hasSize(kind.isModel() ? 1 : 0);
        }
    }

    @Test
    void pack_isOpenedByItsFirstPackage_once() throws Exception {
        PackForTests.write(directory, "xgboost", "return new Named(\"xgboost\" + System.nanoTime());");
        PackForTests.write(directory, "lightgbm", "return new Named(\"lightgbm\");");
        var engines = engines();
        assertThat(System.getProperty("pack.xgboost")).isNull();
        var engine = engines.forPackage(model(XGBOOST_JSON));
        assertThat(engine.name()).startsWith("xgboost");
        assertThat(engines.forPackage(model(XGBOOST_JSON))).isSameAs(engine);
        assertThat(System.getProperty("pack.xgboost")).isEqualTo("opened");
        assertThat(System.getProperty("pack.lightgbm")).isNull();
    }

    @Test
    void pack_seesTheSeamAndItsOwnLibraries_notTheWorkers() throws Exception {
        PackForTests.write(directory, "xgboost", """
                var seen = new StringBuilder();
                for (var name : List.of("org.slf4j.Logger", "io.presage.contract.infer.Tensor", "io.vertx.core.Vertx",
                        "io.presage.worker.versions.VersionLoader")) {
                    try {
                        Class.forName(name);
                        seen.append(name).append(' ');
                    } catch (ClassNotFoundException e) {
                        continue;
                    }
                }
                return new Named(seen + Thread.currentThread().getContextClassLoader().getName()
                        + " " + pack.getFileName());
                """);
        var before = Thread.currentThread().getContextClassLoader();
        assertThat(engines().forPackage(model(XGBOOST_JSON)).name())
                .isEqualTo("org.slf4j.Logger io.presage.contract.infer.Tensor pack-xgboost xgboost");
        assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
    }

    @Test
    void missingPack_namesTheImageAndTheEnginesThatAreThere() throws Exception {
        PackForTests.write(directory, "xgboost", "return new Named(\"xgboost\");");
        Files.createDirectories(directory.resolve("lightgbm"));
        var failure = refusal(engines(), model(LIGHTGBM));
        assertThat(failure.cause()).isEqualTo("engine-missing");
        assertThat(failure.evidence())
                .isEqualTo("model is of kind LIGHTGBM; this worker has the engines [onnxruntime, xgboost]");
        assertThat(failure.fix()).contains("cpu-all", "the pack lightgbm", directory.toString());
    }

    @Test
    void withoutADirectory_thereAreNoPacks() throws Exception {
        var engines =
                new InstalledEngines(new BuiltIn(), new EngineSettings("", Set.of(), Map.of(), CHILD), NO_CHILDREN);
        assertThat(refusal(engines, model(LIGHTGBM)).cause()).isEqualTo("engine-missing");
        assertThat(engines.forPackage(model(new byte[] {8, 9, 0x12, 0}, null)).name())
                .isEqualTo("onnxruntime");
    }

    @Test
    void directoryThatIsNotThere_stopsTheStart() {
        assertThatThrownBy(() -> new InstalledEngines(
                        new BuiltIn(),
                        new EngineSettings(directory.resolve("none").toString(), Set.of(), Map.of(), CHILD),
                        NO_CHILDREN))
                .hasMessageStartingWith("worker.engines.directory: ");
    }

    @Test
    void engineThatRunsCode_isOffUnlessAllowed_andItsPackUntouched() throws Exception {
        PackForTests.write(directory, "tensorflow", "return new Named(\"tensorflow\");");
        var folder = Files.createDirectories(directory.resolve("saved"));
        var file = Files.write(folder.resolve("saved_model.pb"), new byte[] {8, 1, 0x12, 4, 0x0a, 2, 0x12, 0});
        var modelPackage = new ModelPackage(folder, file, 8, Manifest.DEFAULT);
        var failure = refusal(engines(), modelPackage);
        assertThat(failure.cause()).isEqualTo("engine-not-allowed");
        assertThat(failure.fix()).contains("tensorflow in worker.engines.allowed");
        assertThat(System.getProperty("pack.tensorflow")).isNull();
        assertThat(engines("tensorflow").forPackage(modelPackage).name()).isEqualTo("tensorflow");
    }

    @Test
    void engineInAProcessOfItsOwn_isNotOpenedHere() throws Exception {
        PackForTests.write(directory, "xgboost", "return new Named(\"xgboost\");");
        var engines = new InstalledEngines(
                new BuiltIn(),
                new EngineSettings(directory.toString(), Set.of(), Map.of("xgboost", Isolation.PROCESS), CHILD),
                NO_CHILDREN);
        var engine = engines.forPackage(model(XGBOOST_JSON));
        assertThat(engine).isInstanceOf(ProcessEngine.class);
        assertThat(engine.name()).isEqualTo("xgboost");
        assertThat(engine.reads(model(XGBOOST_JSON))).isTrue();
        assertThat(engine.reads(model(LIGHTGBM))).isFalse();
        assertThat(System.getProperty("pack.xgboost")).isNull();
    }

    @Test
    void isolation_isByEngineUnlessConfigured() {
        var settings = new EngineSettings("", Set.of(), Map.of("xgboost", Isolation.PROCESS), CHILD);
        assertThat(settings.isolationOf(KnownEngine.TORCHSCRIPT)).isEqualTo(Isolation.PROCESS);
        assertThat(settings.isolationOf(KnownEngine.TENSORFLOW)).isEqualTo(Isolation.PROCESS);
        assertThat(settings.isolationOf(KnownEngine.XGBOOST)).isEqualTo(Isolation.PROCESS);
        assertThat(settings.isolationOf(KnownEngine.LIGHTGBM)).isEqualTo(Isolation.IN_PROCESS);
    }

    @Test
    void brokenPacks_failTheirOwnVersions() throws Exception {
        PackForTests.write(directory, "xgboost", "throw new UnsatisfiedLinkError(\"libgomp.so.1: not found\");");
        var other = PackForTests.write(directory, "lightgbm", "return new Named(\"lightgbm\");");
        Files.write(other.resolve("engine.jar"), new byte[] {'P', 'K', 0, 0});
        var engines = engines();
        var failure = refusal(engines, model(XGBOOST_JSON));
        assertThat(failure.cause()).isEqualTo("engine-broken");
        assertThat(failure.evidence()).contains("libgomp.so.1: not found");
        assertThat(refusal(engines, model(XGBOOST_JSON))).isEqualTo(failure);
        assertThat(refusal(engines, model(LIGHTGBM)).cause()).isEqualTo("engine-broken");
        assertThat(engines.forPackage(model(new byte[] {8, 9, 0x12, 0}, null)).name())
                .isEqualTo("onnxruntime");
    }

    @Test
    void providersOwnCard_isPassedOn() throws Exception {
        PackForTests.write(
                directory, "xgboost", "throw new LoadException(new Failure(\"load\", \"own\", \"words\", \"fix\"));");
        assertThat(refusal(engines(), model(XGBOOST_JSON))).isEqualTo(new Failure("load", "own", "words", "fix"));
    }

    @Test
    void engineOfTheManifest_mustReadTheFile() throws Exception {
        PackForTests.write(directory, "xgboost", "return new Named(\"xgboost\");");
        var json = XGBOOST_JSON.getBytes(StandardCharsets.UTF_8);
        assertThat(engines().forPackage(model(json, "xgboost")).name()).isEqualTo("xgboost");
        var failure = refusal(engines(), model(json, "lightgbm"));
        assertThat(failure.cause()).isEqualTo("unknown-format");
        assertThat(failure.evidence()).isEqualTo("engine: lightgbm cannot read model, which is of kind XGBOOST_JSON");
        assertThat(refusal(engines(), model(new byte[] {1, 2, 3, 4}, null)).cause())
                .isEqualTo("unknown-format");
    }

    @Test
    void unknownNames_stopTheStart() {
        assertThatThrownBy(() -> new EngineSettings("", Set.of("keras"), Map.of(), CHILD))
                .hasMessage(
                        "worker.engines.allowed: keras (expected: of [torchscript, tensorflow, xgboost, lightgbm])");
        assertThatThrownBy(() -> new EngineSettings("", Set.of(), Map.of("onnx", Isolation.PROCESS), CHILD))
                .hasMessageStartingWith("worker.engines.isolation: onnx (expected: of ");
    }
}
