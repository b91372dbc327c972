package io.presage.worker.artifacts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What a file is, by its first bytes: names and extensions are not believed.
public enum FileKind {
    ONNX(""),
    /// A zip of its own kind: `NAME/data.pkl`, `NAME/code/...`, `NAME/constants.pkl`.
    TORCHSCRIPT(""),
    /// `saved_model.pb`; its variables lie beside it.
    SAVED_MODEL(""),
    XGBOOST_JSON(""),
    XGBOOST_UBJ(""),
    LIGHTGBM(""),
    ZIP(""),
    GZIP(""),
    PICKLE("Python pickles run code when they are read. Export to ONNX: torch.onnx.export, or skl2onnx."),
    HDF5(
            "Keras HDF5 is not read here. Export to ONNX: python -m tf2onnx.convert --keras model.h5 --output model.onnx."),
    UNKNOWN("Upload an ONNX file, or a zip or tar.gz with one and an optional model.yaml.");

    static final int HEAD_BYTES = 16;
    private static final int IR_VERSION_MAX = 63;

    private final String advice;

    FileKind(String advice) {
        this.advice = advice;
    }

    /// True when some engine reads files of this kind.
    public boolean isModel() {
        return switch (this) {
            case ONNX, TORCHSCRIPT, SAVED_MODEL, XGBOOST_JSON, XGBOOST_UBJ, LIGHTGBM -> true;
            case ZIP, GZIP, PICKLE, HDF5, UNKNOWN -> false;
        };
    }

    /// What to do about a file of a kind that is not read; empty for those that are.
    public String advice() {
        return advice;
    }

    public static FileKind of(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return of(in.readNBytes(HEAD_BYTES));
        }
    }

    static FileKind of(byte[] head) {
        if (startsWith(head, 'P', 'K', 3, 4) || startsWith(head, 'P', 'K', 5, 6)) {
            return ZIP;
        }
        if (startsWith(head, 0x1f, 0x8b)) {
            return GZIP;
        }
        if (startsWith(head, 0x89, 'H', 'D', 'F')) {
            return HDF5;
        }
        // PROTO opcode and a protocol number, as every pickle since protocol 2 begins.
        if (head.length > 2 && (head[0] & 0xff) == 0x80 && head[1] >= 2 && head[1] <= 5) {
            return PICKLE;
        }
        // Field 1 (ir_version) as a small number, then another field of ModelProto.
        if (head.length > 3 && head[0] == 8 && head[1] > 0 && head[1] <= IR_VERSION_MAX && isModelField(head[2])) {
            return ONNX;
        }
        return UNKNOWN;
    }

    private static boolean isModelField(byte tag) {
        int field = (tag & 0xff) >>> 3;
        int wireType = tag & 7;
        return field >= 2 && field <= 26 && (wireType == 2 || wireType == 0);
    }

    private static boolean startsWith(byte[] head, int... magic) {
        if (head.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((head[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
