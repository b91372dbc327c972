package io.presage.worker.artifacts;

import static io.presage.worker.artifacts.PackagesForTests.bytes;
import static io.presage.worker.artifacts.PackagesForTests.tarGz;
import static io.presage.worker.artifacts.PackagesForTests.tarGzWithLink;
import static io.presage.worker.artifacts.PackagesForTests.zip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactCacheTest {
    private static final byte[] MODEL = OnnxModelBuilder.twice(3);

    @TempDir
    private Path directory;

    private final Map<String, byte[]> source = new HashMap<>();
    private Instant now = Instant.EPOCH.plusSeconds(1000);
    private ArtifactCache cache;

    @BeforeEach
    void open() throws IOException {
        cache = cache(1 << 20);
    }

    private ArtifactCache cache(long bytesMax) throws IOException {
        return new ArtifactCache(
                directory,
                bytesMax,
                sha -> {
                    var bytes = source.get(sha);
                    if (bytes == null) {
                        throw new IOException("connection refused");
                    }
                    return new ByteArrayInputStream(bytes);
                },
                () -> now);
    }

    private String put(byte[] bytes) throws Exception {
        var sha = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        source.put(sha, bytes);
        return sha;
    }

    private ModelPackage obtain(byte[] bytes) throws Exception {
        try (var lease = cache.obtain(put(bytes), bytes.length)) {
            return lease.modelPackage();
        }
    }

    private PackageException refusal(byte[] bytes) throws Exception {
        var refused = catchThrowableOfType(PackageException.class, () -> obtain(bytes));
        assertThat(refused).isNotNull();
        try (var left = Files.list(directory.resolve("incoming"))) {
            assertThat(left).isEmpty();
        }
        try (var left = Files.list(directory.resolve("packages"))) {
            assertThat(left).isEmpty();
        }
        return refused;
    }

    private void assertRefused(byte[] bytes, String cause, String evidence) throws Exception {
        var refused = refusal(bytes);
        assertThat(refused.failure().cause()).isEqualTo(cause);
        assertThat(refused.failure().evidence()).contains(evidence);
        assertThat(refused.isTransient()).isFalse();
    }

    @Test
    void bareModel_isAPackageWithTheDefaultManifest() throws Exception {
        var modelPackage = obtain(MODEL);
        assertThat(modelPackage.manifest()).isEqualTo(Manifest.DEFAULT);
        assertThat(modelPackage.modelFile()).hasBinaryContent(MODEL);
    }

    @Test
    void zipAndTarGz_areUnpacked() throws Exception {
        var manifest = bytes("task: tensor\nmodel: net/m.onnx\nlabels: [a, 1, true]\nbatching: {rowsMax: 5}\n");
        for (var packed : new byte[][] {
            zip("model.yaml", manifest, "net/m.onnx", MODEL, "net/other.onnx", MODEL),
            tarGz("./model.yaml", manifest, "net/m.onnx", MODEL, "net/other.onnx", MODEL)
        }) {
            var modelPackage = obtain(packed);
            assertThat(modelPackage.modelFile().getFileName()).hasToString("m.onnx");
            assertThat(modelPackage.manifest().labels()).containsExactly("a", "1", "true");
            assertThat(modelPackage.manifest().batching().rowsMax()).isEqualTo(5);
        }
    }

    @Test
    void secondUse_needsNoSource_alsoAfterARestart() throws Exception {
        obtain(MODEL);
        source.clear();
        cache = cache(1 << 20);
        try (var lease = cache.obtain(sha(MODEL), MODEL.length)) {
            assertThat(lease.modelPackage().modelFile()).exists();
        }
    }

    private static String sha(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    @Test
    void unreachableSource_isTransient() {
        var refused = catchThrowableOfType(PackageException.class, () -> cache.obtain("0".repeat(64), 5));
        assertThat(refused.isTransient()).isTrue();
    }

    @Test
    void otherBytesThanAnnounced_areRefused() throws Exception {
        var sha = put(MODEL);
        source.put(sha, bytes("x".repeat(MODEL.length)));
        var refused = catchThrowableOfType(PackageException.class, () -> cache.obtain(sha, MODEL.length));
        assertThat(refused.failure().cause()).isEqualTo("digest-mismatch");
        source.put(sha, Arrays.copyOf(MODEL, MODEL.length - 1));
        refused = catchThrowableOfType(PackageException.class, () -> cache.obtain(sha, MODEL.length));
        assertThat(refused.isTransient()).isTrue();
        source.put(sha, Arrays.copyOf(MODEL, MODEL.length + 1));
        refused = catchThrowableOfType(PackageException.class, () -> cache.obtain(sha, MODEL.length));
        assertThat(refused.failure().cause()).isEqualTo("digest-mismatch");
    }

    @Test
    void namesThatLeaveTheFolder_areRefused() throws Exception {
        for (var name : new String[] {
            "../evil", "a/../../evil", "/etc/evil", "a\\evil", "C:/evil", "a//b", "a/./b", "a\nb", "x".repeat(600)
        }) {
            assertRefused(zip(name, MODEL), "unsafe-package", "entry");
            assertRefused(tarGz(name, MODEL), "unsafe-package", "entry");
        }
        assertThat(directory.resolve("evil")).doesNotExist();
    }

    @Test
    void links_areRefused() throws Exception {
        assertRefused(tarGzWithLink("model.onnx", "/etc/passwd"), "unsafe-package", "link");
    }

    @Test
    void doubledNames_areRefused() throws Exception {
        assertRefused(tarGz("m.onnx", MODEL, "m.onnx", MODEL), "unsafe-package", "twice");
        assertRefused(zip("m.onnx", MODEL, "M.onnx", MODEL), "unsafe-package", "twice");
        assertRefused(tarGz("a", MODEL, "a/b", MODEL), "unsafe-package", "a file and a folder");
    }

    @Test
    void tooManyEntries_areRefused() throws Exception {
        var files = new Object[2 * 10_001];
        for (int i = 0; i < files.length; i += 2) {
            files[i] = "f" + i;
            files[i + 1] = new byte[0];
        }
        assertRefused(zip(files), "unsafe-package", "10000 entries");
        assertRefused(tarGz(files), "unsafe-package", "10000 entries");
    }

    @Test
    void bomb_isStoppedAtTheBound() throws Exception {
        cache = cache(100 << 20);
        assertRefused(zip("m.onnx", new byte[12 << 20]), "unsafe-package", "unpack to more than 20 times");
        assertRefused(tarGz("m.onnx", new byte[12 << 20]), "unsafe-package", "unpack to more than 20 times");
    }

    @Test
    void overlappingEntries_areRefused() throws Exception {
        var packed = zip("a", MODEL, "b", MODEL);
        // The second entry of the central directory points at the first one's bytes.
        int last = lastIndexOf(packed, new byte[] {'P', 'K', 1, 2});
        for (int i = 0; i < 4; i++) {
            packed[last + 42 + i] = 0;
        }
        var cause = refusal(packed).failure().cause();
        assertThat(cause).isIn("unsafe-package", "corrupt-package");
    }

    private static int lastIndexOf(byte[] bytes, byte[] what) {
        for (int i = bytes.length - what.length; i >= 0; i--) {
            if (Arrays.equals(bytes, i, i + what.length, what, 0, what.length)) {
                return i;
            }
        }
        throw new AssertionError("not there");
    }

    @Test
    void brokenArchives_areRefused() throws Exception {
        var packed = zip("m.onnx", MODEL);
        assertThat(refusal(Arrays.copyOf(packed, packed.length / 2)).failure().cause())
                .isEqualTo("corrupt-package");
        var tar = tarGz("m.onnx", MODEL);
        assertThat(refusal(Arrays.copyOf(tar, tar.length / 2)).failure().cause())
                .isEqualTo("corrupt-package");
        var crc = new CRC32();
        crc.update(MODEL);
        packed[60] ^= 1;
        assertThat(refusal(packed).failure().cause()).isIn("corrupt-package", "unknown-format");
    }

    @Test
    void foreignFormats_areRefusedWithAdvice() throws Exception {
        var pickle = refusal(new byte[] {(byte) 0x80, 4, (byte) 0x95, 0, 0});
        assertThat(pickle.failure().cause()).isEqualTo("unsafe-format");
        assertThat(pickle.failure().fix()).contains("torch.onnx.export");
        assertThat(refusal(bytes("\u0089HDF\r\n")).failure().fix()).contains("ONNX");
        assertThat(refusal(new byte[] {(byte) 0x89, 'H', 'D', 'F', 13, 10})
                        .failure()
                        .fix())
                .contains("tf2onnx");
        assertThat(refusal(zip("archive/data.pkl", bytes("x"))).failure().fix()).contains("torch.onnx.export");
        assertRefused(zip("readme.txt", bytes("x")), "missing-file", "readme.txt");
        assertRefused(zip("a.onnx", MODEL, "b.onnx", MODEL), "invalid-manifest", "2 model files");
        assertRefused(new byte[0], "unknown-format", "UNKNOWN");
    }

    @Test
    void leastRecentlyUsed_goesFirst_neverOneInUse() throws Exception {
        var models = new byte[3][];
        for (int i = 0; i < 3; i++) {
            models[i] = OnnxModelBuilder.twice(3 + i);
        }
        cache = cache(models[0].length * 2L);
        try (var held = cache.obtain(put(models[0]), models[0].length)) {
            now = now.plusSeconds(10);
            obtain(models[1]);
            now = now.plusSeconds(10);
            obtain(models[2]);
            assertThat(held.modelPackage().modelFile()).exists();
        }
        assertThat(directory.resolve("packages").resolve(sha(models[1]))).doesNotExist();
        assertThat(directory.resolve("packages").resolve(sha(models[2]))).exists();
    }

    @Test
    void derivedFiles_countWithTheirPackage_andGoWithIt() throws Exception {
        cache = cache(MODEL.length + 5000);
        Path made;
        try (var lease = cache.obtain(put(MODEL), MODEL.length)) {
            made = lease.derived();
            Files.write(made.resolve("graph"), new byte[1000]);
        }
        assertThat(cache.bytesUsed()).isEqualTo(MODEL.length + 1000);
        cache = cache(MODEL.length + 5000);
        assertThat(cache.bytesUsed()).isEqualTo(MODEL.length + 1000);
        try (var lease = cache.obtain(put(MODEL), MODEL.length)) {
            assertThat(lease.derived().resolve("graph")).hasSize(1000);
        }
        now = now.plusSeconds(10);
        var other = OnnxModelBuilder.slow(34, 1);
        obtain(other);
        assertThat(made).doesNotExist();
        assertThat(cache.bytesUsed()).isEqualTo(other.length);
    }

    @Test
    void derivedFilesOfAPackageThatIsGone_goAtTheStart() throws Exception {
        var left = Files.createDirectories(directory.resolve("derived").resolve("0".repeat(64)));
        Files.write(left.resolve("graph"), new byte[1000]);
        cache = cache(1 << 20);
        assertThat(left).doesNotExist();
    }

    @Test
    void manifest_isRefusedByName() throws Exception {
        assertManifest("tsk: tensor", "tsk: unknown member");
        assertManifest("batching: {rowsMax: 0}", "batching.rowsMax: 0 (expected: 1..4096)");
        assertManifest("batching: {rowsMax: many}", "batching.rowsMax: many (expected: 1..4096)");
        assertManifest("engine: numpy", "engine: numpy (expected: one of [onnxruntime, torchscript,");
        assertManifest("device: tpu", "device: tpu (expected: one of [cpu, gpu, any])");
        assertManifest("image: {mean: [1, 2]}", "image.mean: [1, 2] (expected: one number or three)");
        assertManifest("text: 5", "text: 5 (expected: members)");
        assertManifest("- a", "the document: [a] (expected: members)");
        assertManifest("a: !!javax.script.ScriptEngineManager []", "model.yaml");
        assertManifest("a: {", "model.yaml");
        assertManifest("task: a\ntask: b", "duplicate");
        assertRefused(
                zip("model.yaml", bytes("model: ../../etc/passwd"), "m.onnx", MODEL), "missing-file", "etc/passwd");
    }

    private void assertManifest(String yaml, String evidence) throws Exception {
        assertRefused(zip("model.yaml", bytes(yaml), "m.onnx", MODEL), "invalid-manifest", evidence);
    }
}
