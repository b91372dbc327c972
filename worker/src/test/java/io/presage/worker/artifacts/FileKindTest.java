package io.presage.worker.artifacts;

import static io.presage.worker.artifacts.PackagesForTests.bytes;
import static io.presage.worker.artifacts.PackagesForTests.zip;
import static org.assertj.core.api.Assertions.assertThat;

import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileKindTest {
    @TempDir
    private Path directory;

    private FileKind kind(byte[] content) throws Exception {
        return kind("package", content);
    }

    private FileKind kind(String name, byte[] content) throws Exception {
        return FileKind.of(Files.write(directory.resolve(name), content));
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] gzip(byte[] content) throws Exception {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }

    private static byte[] zlib(byte[] content) throws Exception {
        var out = new ByteArrayOutputStream();
        try (var deflater = new DeflaterOutputStream(out)) {
            deflater.write(content);
        }
        return out.toByteArray();
    }

    @Test
    void modelsOfEveryEngine_areKnown() throws Exception {
        assertThat(kind(OnnxModelBuilder.twice(3))).isEqualTo(FileKind.ONNX);
        assertThat(kind(zip(
                        "net/data.pkl", bytes("x"), "net/code/__torch__.py", bytes("y"), "net/version", bytes("3"))))
                .isEqualTo(FileKind.TORCHSCRIPT);
        assertThat(kind(zip("net/data.pkl", bytes("x"), "net/constants.pkl", bytes("y"))))
                .isEqualTo(FileKind.TORCHSCRIPT);
        assertThat(kind(bytes("{\"learner\":{\"attributes\":{}},\"version\":[3,0,4]}")))
                .isEqualTo(FileKind.XGBOOST_JSON);
        assertThat(kind(bytes("\n{ \"version\": [3, 0, 4], \"learner\": {}}"))).isEqualTo(FileKind.XGBOOST_JSON);
        assertThat(kind(latin("{L\0\0\0\0\0\0\0\7learner{L\0"))).isEqualTo(FileKind.XGBOOST_UBJ);
        assertThat(kind(latin("{i\7version[#i\3"))).isEqualTo(FileKind.XGBOOST_UBJ);
        assertThat(kind(bytes("tree\nversion=v3\nnum_class=1\n"))).isEqualTo(FileKind.LIGHTGBM);
    }

    @Test
    void savedModel_isToldFromOnnxAndCoreMl() throws Exception {
        // schema version 1; a graph with tags; and one with operators first.
        var saved = latin("\10\1\22\20\12\7\"\5serve\22\5graph");
        assertThat(kind("saved_model.pb", saved)).isEqualTo(FileKind.SAVED_MODEL);
        assertThat(kind(saved)).isEqualTo(FileKind.SAVED_MODEL);
        assertThat(kind(latin("\10\1\22\u0080\1\12\7\22\5\12\3Add"))).isEqualTo(FileKind.SAVED_MODEL);
        assertThat(kind(latin("\10\4\22\20\12\7\12\5input\32\5"))).isEqualTo(FileKind.COREML);
        assertThat(kind(latin("\10\10\22\7pytorch"))).isEqualTo(FileKind.ONNX);
    }

    @Test
    void foreignModels_areKnown() throws Exception {
        assertThat(kind(zip("archive/data.pkl", bytes("x"), "archive/data/0", bytes("y"))))
                .isEqualTo(FileKind.TORCH_PICKLE);
        assertThat(kind(latin("\u0080\2\u008a\12l\u00fc\u009cF\u00f9 j\u00a8P\31.")))
                .isEqualTo(FileKind.TORCH_PICKLE);
        for (int protocol = 2; protocol <= 5; protocol++) {
            assertThat(kind(new byte[] {(byte) 0x80, (byte) protocol, '}', '.'}))
                    .isEqualTo(FileKind.PICKLE);
        }
        var old = bytes("csklearn.linear_model\nLogisticRegression\np0\n.");
        assertThat(kind(old)).isEqualTo(FileKind.PICKLE);
        assertThat(kind(bytes("(dp0\nS'a'\nI1\ns."))).isEqualTo(FileKind.PICKLE);
        assertThat(kind(latin("}q\0."))).isEqualTo(FileKind.PICKLE);
        assertThat(kind(gzip(old))).isEqualTo(FileKind.PICKLE);
        assertThat(kind(zlib(new byte[] {(byte) 0x80, 4, '}', '.'}))).isEqualTo(FileKind.PICKLE);
        assertThat(kind(gzip(latin("X\n\0\0\0\3\0\4")))).isEqualTo(FileKind.R_DATA);
        assertThat(kind(latin("X\n\0\0\0\3\0\4"))).isEqualTo(FileKind.R_DATA);
        assertThat(kind(latin("\u0089HDF\r\n\32\n"))).isEqualTo(FileKind.HDF5);
        assertThat(kind(zip("metadata.json", bytes("{}"), "config.json", bytes("{}"), "model.weights.h5", bytes("x"))))
                .isEqualTo(FileKind.KERAS);
        assertThat(kind(latin("\34\0\0\0TFL3\0\0"))).isEqualTo(FileKind.TFLITE);
        assertThat(kind(bytes("<?xml version=\"1.0\"?>\n<PMML version=\"4.4\">")))
                .isEqualTo(FileKind.PMML);
        assertThat(kind(latin("GGUF\3\0\0\0"))).isEqualTo(FileKind.GGUF);
        assertThat(kind(latin("\100\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\"}}"))).isEqualTo(FileKind.SAFETENSORS);
        assertThat(kind(latin("CBM1\0\0"))).isEqualTo(FileKind.CATBOOST);
        assertThat(kind(latin("binf\0\0"))).isEqualTo(FileKind.XGBOOST_OLD);
        assertThat(kind(latin("BZh91AY&SY"))).isEqualTo(FileKind.COMPRESSED);
    }

    @Test
    void whatIsNoModel_isNotTakenForOne() throws Exception {
        assertThat(kind(new byte[0])).isEqualTo(FileKind.UNKNOWN);
        assertThat(kind(bytes("{\"version\":\"1.0\",\"truncation\":null,\"model\":{\"type\":\"WordPiece\"}}")))
                .isEqualTo(FileKind.UNKNOWN);
        assertThat(kind(bytes("{\"inputs\":[{\"name\":\"learner\"}]}"))).isEqualTo(FileKind.UNKNOWN);
        assertThat(kind(bytes("tree of life\n"))).isEqualTo(FileKind.UNKNOWN);
        assertThat(kind(bytes("corpus.\nand so on\n"))).isEqualTo(FileKind.UNKNOWN);
        assertThat(kind(zip("model.onnx", OnnxModelBuilder.twice(3)))).isEqualTo(FileKind.ZIP);
        assertThat(kind(gzip(bytes("plain text")))).isEqualTo(FileKind.GZIP);
    }

    @Test
    void everyKindThatIsNotRead_saysWhatToDo() {
        for (var kind : FileKind.values()) {
            assertThat(kind.advice().isEmpty()).as(kind.name()).isEqualTo(kind.isModel());
            if (kind.isForeignModel()) {
                assertThat(kind.advice()).containsAnyOf("Export", "save");
            }
        }
    }
}
