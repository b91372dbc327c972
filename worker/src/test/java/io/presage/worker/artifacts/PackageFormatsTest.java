package io.presage.worker.artifacts;

import static io.presage.worker.artifacts.PackagesForTests.bytes;
import static io.presage.worker.artifacts.PackagesForTests.tarGz;
import static io.presage.worker.artifacts.PackagesForTests.zip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models of all engines, bare and in packages.
class PackageFormatsTest {
    private static final byte[] LIGHTGBM = bytes("tree\nversion=v3\nnum_class=1\n");
    private static final byte[] XGBOOST = bytes("{\"learner\":{}}");
    private static final byte[] SAVED_MODEL =
            "\10\1\22\20\12\7\"\5serve\22\5graph".getBytes(StandardCharsets.ISO_8859_1);

    @TempDir
    private Path directory;

    private int count;

    private ModelPackage open(byte[] packed) throws Exception {
        var file = Files.write(directory.resolve("package" + count), packed);
        var folder = Files.createDirectory(directory.resolve("unpacked" + count++));
        new PackageUnpacker(1 << 30).unpack(file, folder);
        return PackageReader.read(folder);
    }

    private static byte[] torchScript() throws Exception {
        return zip("net/data.pkl", bytes("x"), "net/code/__torch__.py", bytes("y"), "net/version", bytes("3"));
    }

    private static String model(ModelPackage modelPackage) {
        return modelPackage.directory().relativize(modelPackage.modelFile()).toString();
    }

    @Test
    void bareModels_areKept() throws Exception {
        assertThat(model(open(torchScript()))).isEqualTo("model.pt");
        assertThat(open(torchScript()).modelFile()).hasBinaryContent(torchScript());
        assertThat(model(open(XGBOOST))).isEqualTo("model.json");
        assertThat(model(open("{L\0\0\0\0\0\0\0\7learner{".getBytes(StandardCharsets.ISO_8859_1))))
                .isEqualTo("model.ubj");
        assertThat(model(open(LIGHTGBM))).isEqualTo("model.txt");
    }

    @Test
    void theOneModel_isFoundWhateverItsKind() throws Exception {
        var yaml = bytes("labels: [a, b]");
        assertThat(model(open(zip("model.yaml", yaml, "risk.model", XGBOOST)))).isEqualTo("risk.model");
        assertThat(model(open(tarGz("model.yaml", yaml, "lgb", LIGHTGBM, "readme.txt", bytes("tree\n")))))
                .isEqualTo("lgb");
        assertThat(model(open(zip("model.yaml", yaml, "m/net.pt", torchScript()))))
                .isEqualTo("m/net.pt");
        var saved = open(zip(
                "m/saved_model.pb",
                SAVED_MODEL,
                "m/fingerprint.pb",
                bytes("x"),
                "m/variables/variables.index",
                bytes("abc")));
        assertThat(model(saved)).isEqualTo("m/saved_model.pb");
        assertThat(saved.bytes()).isEqualTo(SAVED_MODEL.length + 4);
    }

    @Test
    void ofTwoModels_theManifestNamesOne() throws Exception {
        var two = catchThrowableOfType(PackageException.class, () -> open(zip("a.json", XGBOOST, "b.txt", LIGHTGBM)));
        assertThat(two.failure().cause()).isEqualTo("invalid-manifest");
        assertThat(model(open(zip("model.yaml", bytes("model: b.txt"), "a.json", XGBOOST, "b.txt", LIGHTGBM))))
                .isEqualTo("b.txt");
        assertThat(model(open(zip("model.yaml", bytes("model: m"), "m/saved_model.pb", SAVED_MODEL))))
                .isEqualTo("m/saved_model.pb");
        // Weights beside a model may begin like one: the model's name decides.
        assertThat(model(open(zip("weights.bin", LIGHTGBM, "b.txt", LIGHTGBM)))).isEqualTo("b.txt");
    }

    @Test
    void foreignModels_areRefusedInPackagesToo() throws Exception {
        var torch = zip("archive/data.pkl", bytes("x"));
        var inside = catchThrowableOfType(PackageException.class, () -> open(zip("model.pt", torch)));
        assertThat(inside.failure().cause()).isEqualTo("unsafe-format");
        assertThat(inside.failure().evidence()).contains("model.pt is of kind TORCH_PICKLE");
        assertThat(inside.failure().fix()).contains("torch.jit.trace");
        var named = catchThrowableOfType(
                PackageException.class,
                () -> open(zip("model.yaml", bytes("model: m.h5"), "m.h5", new byte[] {(byte) 0x89, 'H', 'D', 'F'})));
        assertThat(named.failure().cause()).isEqualTo("unknown-format");
        assertThat(named.failure().fix()).contains("tf2onnx");
        var bare = catchThrowableOfType(PackageException.class, () -> open(SAVED_MODEL));
        assertThat(bare.failure().fix()).contains("variables/");
    }
}
