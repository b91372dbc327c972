package io.presage.worker.artifacts;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/// Tells files apart by their first bytes, and zips by the names of their entries. Reads at most
/// [#HEAD_BYTES] and a zip's directory; unpacks at most [#INNER_BYTES] of what is compressed. Pure but for the
/// reading of zips.
final class KindSniffer {
    /// The name is a part of the format: TensorFlow finds the file by it.
    static final String SAVED_MODEL_NAME = "saved_model.pb";

    static final int HEAD_BYTES = 4096;
    private static final int INNER_BYTES = 512;
    private static final int TAR_MAGIC_OFFSET = 257;
    private static final int IR_VERSION_MAX = 63;

    /// The outermost object of XGBoost's JSON has these two members, sorted by name or not.
    private static final Pattern XGBOOST = Pattern.compile(
            "\\s*\\{\\s*\"(?:learner\"\\s*:\\s*\\{|version\"\\s*:\\s*\\[[\\d,\\s]{0,64}],\\s*\"learner\").*",
            Pattern.DOTALL);

    private static final Pattern LIGHTGBM = Pattern.compile("tree\\r?\\nversion=v\\d.*", Pattern.DOTALL);
    private static final Pattern PMML = Pattern.compile(
            "\\s*(?:<\\?xml[^>]{0,200}\\?>)?\\s*(?:<!--.{0,1000}?-->\\s*)?<PMML[\\s>].*", Pattern.DOTALL);
    /// Protocol 0 and 1 have no magic: they begin with a global, or an empty dict, list or tuple that is
    /// remembered (`p0`, `q\0`), or is empty.
    private static final Pattern OLD_PICKLE = Pattern.compile(
            "(?:c[\\w.]{1,100}\\r?\\n[\\w.]{1,100}\\r?\\n|\\((?:[dlt]p\\d|i[\\w.]{1,100}\\n)|[\\]})]q.).*",
            Pattern.DOTALL);
    /// `torch.save` before 1.6: protocol 2 and a long integer of its own.
    private static final int[] OLD_TORCH = {0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20};

    private KindSniffer() {}

    static FileKind of(byte[] head) {
        if (startsWith(head, 'P', 'K', 3, 4) || startsWith(head, 'P', 'K', 5, 6)) {
            return FileKind.ZIP;
        }
        if (startsWith(head, 0x1f, 0x8b)) {
            return ofGzip(head);
        }
        if (startsWith(head, 0x89, 'H', 'D', 'F')) {
            return FileKind.HDF5;
        }
        if (startsWith(head, OLD_TORCH)) {
            return FileKind.TORCH_PICKLE;
        }
        if (isPickle(head)) {
            return FileKind.PICKLE;
        }
        if (startsWith(head, 'G', 'G', 'U', 'F')) {
            return FileKind.GGUF;
        }
        if (startsWithAt(head, 4, 'T', 'F', 'L', '3')) {
            return FileKind.TFLITE;
        }
        if (startsWith(head, 'C', 'B', 'M', '1')) {
            return FileKind.CATBOOST;
        }
        if (startsWith(head, 'b', 'i', 'n', 'f') || startsWith(head, 'b', 's', '6', '4')) {
            return FileKind.XGBOOST_OLD;
        }
        if (isRData(head)) {
            return FileKind.R_DATA;
        }
        if (isZlib(head)) {
            var inner = inner(new InflaterInputStream(new ByteArrayInputStream(head)));
            return isPickle(inner) ? FileKind.PICKLE : FileKind.COMPRESSED;
        }
        if (isCompressed(head)) {
            return FileKind.COMPRESSED;
        }
        var kind = ofProtobuf(head);
        return kind == FileKind.UNKNOWN ? ofText(head) : kind;
    }

    /// A zip may be a model of its own kind rather than a package.
    static FileKind ofZip(Path file) throws IOException {
        boolean pickle = false;
        boolean code = false;
        boolean config = false;
        boolean weights = false;
        try {
            for (var name : ZipIndex.names(file)) {
                // TorchScript and torch.save put all into one folder; a package has other things beside.
                var inner = name.substring(name.indexOf('/') + 1);
                pickle |= inner.equals("data.pkl");
                code |= inner.startsWith("code/") || inner.equals("constants.pkl");
                config |= name.equals("config.json");
                weights |= name.equals("model.weights.h5");
            }
        } catch (PackageException e) {
            return FileKind.ZIP;
        }
        if (pickle) {
            return code ? FileKind.TORCHSCRIPT : FileKind.TORCH_PICKLE;
        }
        return config && weights ? FileKind.KERAS : FileKind.ZIP;
    }

    private static FileKind ofGzip(byte[] head) {
        byte[] inner;
        try {
            inner = inner(new GZIPInputStream(new ByteArrayInputStream(head)));
        } catch (IOException e) {
            return FileKind.GZIP;
        }
        var isTar = inner.length > TAR_MAGIC_OFFSET + 5
                && new String(inner, TAR_MAGIC_OFFSET, 5, StandardCharsets.ISO_8859_1).equals("ustar");
        if (isTar) {
            return FileKind.GZIP;
        }
        if (isPickle(inner)) {
            return FileKind.PICKLE;
        }
        return isRData(inner) ? FileKind.R_DATA : FileKind.GZIP;
    }

    /// As much as the compressed head gives, up to the bound; empty when it is no such stream.
    private static byte[] inner(InputStream compressed) {
        var bytes = new byte[INNER_BYTES];
        int read = 0;
        try (compressed) {
            for (int n; read < bytes.length && (n = compressed.read(bytes, read, bytes.length - read)) > 0; ) {
                read += n;
            }
        } catch (IOException e) {
            // The head ends in the middle of the stream.
        }
        return java.util.Arrays.copyOf(bytes, read);
    }

    private static boolean isPickle(byte[] head) {
        // PROTO opcode and a protocol number, as every pickle since protocol 2 begins.
        return (head.length > 2 && (head[0] & 0xff) == 0x80 && head[1] >= 2 && head[1] <= 5)
                || OLD_PICKLE.matcher(text(head)).matches();
    }

    /// `saveRDS` (XDR, ASCII) and `save` (`RDX2`, `RDA3`, ...).
    private static boolean isRData(byte[] head) {
        return startsWith(head, 'X', '\n', 0, 0, 0)
                || startsWith(head, 'R', 'D', 'X')
                || startsWith(head, 'R', 'D', 'A')
                || (startsWith(head, 'A', '\n') && head.length > 3 && head[2] >= '2' && head[2] <= '3');
    }

    private static boolean isZlib(byte[] head) {
        return head.length > 2 && head[0] == 0x78 && (((head[0] & 0xff) << 8) | (head[1] & 0xff)) % 31 == 0;
    }

    private static boolean isCompressed(byte[] head) {
        return startsWith(head, 'B', 'Z', 'h')
                || startsWith(head, 0xfd, '7', 'z', 'X', 'Z')
                || startsWith(head, 0x28, 0xb5, 0x2f, 0xfd)
                || startsWith(head, 0x04, 0x22, 0x4d, 0x18)
                || startsWith(head, 0x5d, 0, 0)
                || startsWith(head, '7', 'z', 0xbc, 0xaf)
                || startsWith(head, 'R', 'a', 'r', '!');
    }

    /// ONNX, SavedModel and Core ML begin alike: field 1 is a small number. In ONNX field 2 is a text, in the
    /// others a message that begins with a message: of a feature's name in Core ML, of a graph's operators or
    /// tags in a SavedModel.
    private static FileKind ofProtobuf(byte[] head) {
        if (head.length < 4 || head[0] != 8 || head[1] <= 0 || head[1] > IR_VERSION_MAX || !isModelField(head[2])) {
            return FileKind.UNKNOWN;
        }
        if (head[2] != 0x12) {
            return FileKind.ONNX;
        }
        int at = afterVarint(head, 3);
        if (at >= head.length || head[at] != 0x0a) {
            return FileKind.ONNX;
        }
        int inside = afterVarint(head, at + 1);
        if (inside < head.length && head[inside] == 0x0a) {
            return FileKind.COREML;
        }
        return head[1] == 1 ? FileKind.SAVED_MODEL : FileKind.UNKNOWN;
    }

    private static int afterVarint(byte[] head, int at) {
        int end = at;
        while (end < head.length && head[end] < 0) {
            end++;
        }
        return end + 1;
    }

    private static boolean isModelField(byte tag) {
        int field = (tag & 0xff) >>> 3;
        int wireType = tag & 7;
        return field >= 2 && field <= 26 && (wireType == 2 || wireType == 0);
    }

    private static FileKind ofText(byte[] head) {
        if (isUbjson(head)) {
            return FileKind.XGBOOST_UBJ;
        }
        var text = text(head);
        if (XGBOOST.matcher(text).matches()) {
            return FileKind.XGBOOST_JSON;
        }
        if (LIGHTGBM.matcher(text).matches()) {
            return FileKind.LIGHTGBM;
        }
        if (PMML.matcher(text).matches()) {
            return FileKind.PMML;
        }
        // Eight bytes of a length, then JSON.
        return head.length > 9 && head[8] == '{' && head[6] == 0 && head[7] == 0 && head[5] == 0
                ? FileKind.SAFETENSORS
                : FileKind.UNKNOWN;
    }

    /// An object whose first key, of any integer type of length, is one of XGBoost's.
    private static boolean isUbjson(byte[] head) {
        if (head.length < 4 || head[0] != '{') {
            return false;
        }
        int size = switch (head[1]) {
            case 'i', 'U' -> 1;
            case 'I' -> 2;
            case 'l' -> 4;
            case 'L' -> 8;
            default -> 0;
        };
        var key = "learner".length();
        int at = 2 + size;
        if (size == 0 || head.length < at + key || head[at - 1] != key) {
            return false;
        }
        for (int i = 2; i < at - 1; i++) {
            if (head[i] != 0) {
                return false;
            }
        }
        var name = new String(head, at, key, StandardCharsets.ISO_8859_1);
        return name.equals("learner") || name.equals("version");
    }

    private static String text(byte[] head) {
        return new String(head, StandardCharsets.ISO_8859_1);
    }

    private static boolean startsWith(byte[] head, int... magic) {
        return startsWithAt(head, 0, magic);
    }

    private static boolean startsWithAt(byte[] head, int at, int... magic) {
        if (head.length < at + magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((head[at + i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
