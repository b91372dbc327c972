package io.presage.worker.derivation;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.DerivationResult;
import io.presage.contract.state.DesiredState.Derivation;
import io.presage.worker.artifacts.ArtifactCache;
import io.presage.worker.artifacts.ArtifactSource;
import io.presage.worker.engine.onnx.OnnxEngine;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import io.presage.worker.versions.MemoryBudget;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DerivationsTest {
    private static final String SAMPLE = "{\"inputs\": [{\"name\": \"x\", \"shape\": [1, 64], \"datatype\": \"FP32\","
            + " \"data\": [" + "1, 2, 3, 4, ".repeat(15) + "1, 2, 3, 4]}]}";

    @TempDir
    private Path directory;

    private final Map<String, byte[]> stored = new HashMap<>();
    private final FakeRegistry registry = new FakeRegistry();
    private final Deque<Runnable> queue = new ArrayDeque<>();
    private final List<Duration> pauses = new ArrayList<>();
    private final MemoryBudget memory = new MemoryBudget(64 << 20);
    private Derivations derivations;

    /// Keeps what it is sent; the next `refusals` calls fail.
    private static final class FakeRegistry implements DerivationSink {
        private final Map<String, byte[]> packages = new HashMap<>();
        private final Map<String, DerivationResult> results = new HashMap<>();
        private int refusals;

        @Override
        public void send(String derivationId, Path file, String sha256) throws IOException {
            refuse();
            packages.put(derivationId, Files.readAllBytes(file));
        }

        @Override
        public void finish(String derivationId, DerivationResult result) throws IOException {
            refuse();
            results.put(derivationId, result);
        }

        private void refuse() throws IOException {
            if (refusals > 0) {
                refusals--;
                throw new IOException("away");
            }
        }
    }

    @BeforeEach
    void start() throws Exception {
        ArtifactSource source = sha256 -> {
            var bytes = stored.get(sha256);
            if (bytes == null) {
                throw new IOException("no such bytes now");
            }
            return new ByteArrayInputStream(bytes);
        };
        var cache = new ArtifactCache(directory.resolve("cache"), 1 << 30, source, () -> Instant.EPOCH);
        Files.createDirectories(directory.resolve("work/left-over"));
        derivations = new Derivations(
                new SiblingMaker(cache, new OnnxEngine(), memory::reserve),
                registry,
                "w1",
                directory.resolve("work"),
                queue::add,
                pauses::add);
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static byte[] zip(Map<String, byte[]> files) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(out)) {
            for (var file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue());
            }
        }
        return out.toByteArray();
    }

    private static Map<String, byte[]> unzip(byte[] bytes) throws IOException {
        var files = new TreeMap<String, byte[]>();
        try (var zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files.put(entry.getName(), zip.readAllBytes());
            }
        }
        return files;
    }

    private Derivation derivation(String id, byte[] original) throws Exception {
        stored.put(sha256(original), original);
        return new Derivation(id, "m", 2, sha256(original), original.length, Derivation.INT8_DYNAMIC);
    }

    private void runAll() {
        for (var next = queue.poll(); next != null; next = queue.poll()) {
            next.run();
        }
    }

    private DerivationResult result(String id) {
        return Objects.requireNonNull(registry.results.get(id), "a result");
    }

    private byte[] sent(String id) {
        return Objects.requireNonNull(registry.packages.get(id), "a package");
    }

    private String cause(String id) {
        return Objects.requireNonNull(result(id).failure()).cause();
    }

    private DerivationResult.Derived derived(String id) {
        return Objects.requireNonNull(result(id).derived());
    }

    @Test
    void bareModel_becomesABareModel_comparedOnMadeUpInputs() throws Exception {
        derivations.apply(List.of(derivation("d1", OnnxModelBuilder.slow(64, 2))));
        runAll();

        var derived = derived("d1");
        assertThat(result("d1").workerId()).isEqualTo("w1");
        assertThat(derived.weights()).isEqualTo(1);
        assertThat(derived.sha256()).isEqualTo(sha256(sent("d1")));
        assertThat(derived.derivedModelBytes()).isEqualTo(sent("d1").length);
        assertThat(derived.answers().madeUp()).isTrue();
        assertThat(derived.answers().samples()).isEqualTo(1);
        assertThat(derived.answers().maxAbsDifference()).isBetween(1e-6, 0.1);
        assertThat(derived.answers().minCosine()).isGreaterThan(0.999);
        assertThat(directory.resolve("work")).isEmptyDirectory();
        assertThat(memory.bytesUsed()).isZero();
    }

    @Test
    void package_keepsItsFiles_butNotTheAnswersOfItsSamples() throws Exception {
        var original = zip(Map.of(
                "nested/model.onnx", OnnxModelBuilder.slow(64, 1),
                "model.yaml", "task: tensor\n".getBytes(StandardCharsets.UTF_8),
                "notes.txt", new byte[] {1, 2},
                "samples/a.request.json", SAMPLE.getBytes(StandardCharsets.UTF_8),
                "samples/a.response.json", "{\"outputs\": []}".getBytes(StandardCharsets.UTF_8)));
        derivations.apply(List.of(derivation("d1", original), derivation("d2", original)));
        runAll();

        var files = unzip(sent("d1"));
        assertThat(files.keySet())
                .containsExactly("model.yaml", "nested/model.onnx", "notes.txt", "samples/a.request.json");
        assertThat(files.get("notes.txt")).containsExactly(1, 2);
        assertThat(Objects.requireNonNull(files.get("nested/model.onnx")).length)
                .isLessThan(64 * 64 * 2);
        assertThat(derived("d1").answers().madeUp()).isFalse();
        assertThat(derived("d1").answers().topClassChanged()).isZero();
        assertThat(derived("d2").sha256())
                .as("the same bytes each time")
                .isEqualTo(derived("d1").sha256());
    }

    @Test
    void whatCannotBeMade_isACard() throws Exception {
        derivations.apply(List.of(
                derivation("small", OnnxModelBuilder.twice(4)),
                derivation("broken", new byte[] {8, 8, 8}),
                new Derivation("other", "m", 2, "0".repeat(64), 1, "int4-dynamic")));
        runAll();
        assertThat(cause("small")).isEqualTo("nothing-to-quantise");
        assertThat(cause("broken")).isIn("unknown-format", "corrupt-model");
        assertThat(cause("other")).isEqualTo("unsupported-derivation");
        assertThat(registry.packages).isEmpty();
        assertThat(pauses).isEmpty();
    }

    @Test
    void sampleThatTheModelCannotAnswer_isACard() throws Exception {
        derivations.apply(List.of(derivation(
                "d1",
                zip(Map.of(
                        "model.onnx",
                        OnnxModelBuilder.slow(64, 1),
                        "samples/a.request.json",
                        SAMPLE.replace("\"x\"", "\"z\"").getBytes(StandardCharsets.UTF_8))))));
        runAll();
        assertThat(cause("d1")).isEqualTo("sample-failed");
    }

    @Test
    void registryThatIsAway_isTriedAgain_withGrowingPauses() throws Exception {
        registry.refusals = 3;
        derivations.apply(List.of(derivation("d1", OnnxModelBuilder.slow(64, 1))));
        runAll();
        assertThat(derived("d1").weights()).isEqualTo(1);
        assertThat(pauses).containsExactly(Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(2));
    }

    @Test
    void registryThatStaysAway_isGivenUp_andSoIsAnOriginalThatCannotBeFetched() throws Exception {
        registry.refusals = 1000;
        derivations.apply(List.of(derivation("d1", OnnxModelBuilder.slow(64, 1))));
        runAll();
        assertThat(pauses).hasSize(7).endsWith(Duration.ofSeconds(30));
        assertThat(registry.results).isEmpty();

        registry.refusals = 0;
        derivations.apply(List.of(new Derivation("d2", "m", 2, "0".repeat(64), 10, Derivation.INT8_DYNAMIC)));
        runAll();
        assertThat(pauses).hasSize(14);
        assertThat(cause("d2")).isEqualTo("unreachable-artifact");
    }

    @Test
    void modelWithoutRoom_waitsForIt_andThenSaysSo() throws Exception {
        try (var taken = memory.reserve(60 << 20).orElseThrow()) {
            derivations.apply(List.of(derivation("d1", OnnxModelBuilder.slow(64, 1))));
            runAll();
            assertThat(cause("d1")).isEqualTo("out-of-memory");
            assertThat(taken).isNotNull();
        }
        assertThat(pauses).hasSize(7);
    }

    @Test
    void eachIsDoneOnce_andWhatIsNotWantedAnyMoreIsLeft() throws Exception {
        var wanted = List.of(derivation("d1", OnnxModelBuilder.slow(64, 1)));
        derivations.apply(wanted);
        derivations.apply(wanted);
        assertThat(queue).hasSize(1);
        derivations.apply(List.of());
        runAll();
        assertThat(registry.results).isEmpty();
        derivations.apply(wanted);
        runAll();
        derivations.apply(wanted);
        assertThat(queue).isEmpty();
        assertThat(registry.results).hasSize(1);
    }
}
