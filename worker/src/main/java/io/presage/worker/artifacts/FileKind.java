package io.presage.worker.artifacts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What a file is, by its own bytes: names and extensions are not believed. How each kind is told is in
/// [KindSniffer].
public enum FileKind {
    ONNX("", "onnx"),
    /// A zip of its own kind: `NAME/data.pkl`, `NAME/code/...`, `NAME/constants.pkl`.
    TORCHSCRIPT("", "pt", "pth", "ts", "torchscript"),
    /// `saved_model.pb`; its variables lie beside it.
    SAVED_MODEL("", "pb"),
    XGBOOST_JSON("", "json", "xgb"),
    XGBOOST_UBJ("", "ubj", "xgb"),
    LIGHTGBM("", "txt", "lgb", "model"),
    ZIP("Pack the files once, not an archive inside an archive."),
    GZIP("Pack the files once, not an archive inside an archive."),
    /// What `torch.save` writes: a pickle in a zip, without code.
    TORCH_PICKLE(
            "What torch.save writes runs code when it is read. Export to ONNX: torch.onnx.export(model, example,"
                    + " \"model.onnx\"), or to TorchScript: torch.jit.trace(model, example).save(\"model.pt\").",
            true),
    PICKLE(
            "Python pickles (joblib's too) run code when they are read. Export to ONNX: skl2onnx.to_onnx(model, X[:1],"
                    + " options={\"zipmap\": False}), or torch.onnx.export(model, example, \"model.onnx\").",
            true),
    R_DATA(
            "R's data files run code when they are read. Export to ONNX or to the library's own format, as"
                    + " xgb.save(model, \"model.json\") or lgb.save(model, \"model.txt\").",
            true),
    HDF5("Keras HDF5 is not read here. Export to ONNX:"
            + " python -m tf2onnx.convert --keras model.h5 --output model.onnx."),
    KERAS("Keras archives are not read here. Export to ONNX: keras.saving.load_model(\"model.keras\")"
            + ".export(\"model.onnx\", format=\"onnx\")."),
    TFLITE("TensorFlow Lite is not read here. Export to ONNX:"
            + " python -m tf2onnx.convert --tflite model.tflite --output model.onnx."),
    PMML("PMML is not read here. Export to ONNX where the model was trained, as with skl2onnx.to_onnx(model, X[:1])."),
    COREML("Core ML is not read here. Export to ONNX where the model was trained, as with"
            + " torch.onnx.export(model, example, \"model.onnx\")."),
    GGUF("GGUF is not read here. Export the original to ONNX:" + " optimum-cli export onnx --model NAME FOLDER."),
    SAFETENSORS("Safetensors hold weights without a model. Export both to ONNX:"
            + " optimum-cli export onnx --model NAME FOLDER."),
    CATBOOST("CatBoost's own format is not read here. Export to ONNX:"
            + " model.save_model(\"model.onnx\", format=\"onnx\")."),
    XGBOOST_OLD("XGBoost's old binary format is not read here. Load it with the XGBoost that wrote it and save it"
            + " anew: booster.save_model(\"model.ubj\")."),
    COMPRESSED("Neither bzip2, xz, zstd, lz4, 7z nor rar is read here: pack the files as zip or tar.gz."),
    UNKNOWN("Upload an ONNX file, or a zip or tar.gz with one and an optional model.yaml; which other kinds are read"
            + " says docs/model-package.md.");

    private final String advice;
    private final boolean runsCodeWhenRead;
    private final String[] extensions;

    FileKind(String advice, String... extensions) {
        this.advice = advice;
        this.runsCodeWhenRead = false;
        this.extensions = extensions;
    }

    FileKind(String advice, boolean runsCodeWhenRead) {
        this.advice = advice;
        this.runsCodeWhenRead = runsCodeWhenRead;
        this.extensions = new String[0];
    }

    /// True when some engine reads files of this kind.
    public boolean isModel() {
        return switch (this) {
            case ONNX, TORCHSCRIPT, SAVED_MODEL, XGBOOST_JSON, XGBOOST_UBJ, LIGHTGBM -> true;
            case ZIP,
                    GZIP,
                    TORCH_PICKLE,
                    PICKLE,
                    R_DATA,
                    HDF5,
                    KERAS,
                    TFLITE,
                    PMML,
                    COREML,
                    GGUF,
                    SAFETENSORS,
                    CATBOOST,
                    XGBOOST_OLD,
                    COMPRESSED,
                    UNKNOWN -> false;
        };
    }

    /// True for what is some model, but one that no engine reads.
    boolean isForeignModel() {
        return switch (this) {
            case TORCH_PICKLE,
                    PICKLE,
                    R_DATA,
                    HDF5,
                    KERAS,
                    TFLITE,
                    PMML,
                    COREML,
                    GGUF,
                    SAFETENSORS,
                    CATBOOST,
                    XGBOOST_OLD -> true;
            case ONNX, TORCHSCRIPT, SAVED_MODEL, XGBOOST_JSON, XGBOOST_UBJ, LIGHTGBM, ZIP, GZIP, COMPRESSED, UNKNOWN ->
                false;
        };
    }

    /// True when a program that reads such a file runs what its author wrote into it.
    boolean runsCodeWhenRead() {
        return runsCodeWhenRead;
    }

    /// What to do about a file of a kind that is not read; empty for those that are.
    public String advice() {
        return advice;
    }

    /// The extension that a bare upload of this kind is kept under; that of most such files.
    String extension() {
        if (extensions.length == 0) {
            throw new IllegalStateException(this + " is no model. This is a bug.");
        }
        return extensions[0];
    }

    /// True when files of this kind are usually named so: of two that look like models the one with a model's
    /// name is it, as weights beside a model may begin like one.
    boolean isUsualName(String fileName) {
        if (this == SAVED_MODEL) {
            return fileName.equals(KindSniffer.SAVED_MODEL_NAME);
        }
        for (var extension : extensions) {
            if (fileName.endsWith("." + extension)) {
                return true;
            }
        }
        return false;
    }

    public static FileKind of(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            var head = in.readNBytes(KindSniffer.HEAD_BYTES);
            var kind = KindSniffer.of(head);
            return kind == ZIP ? KindSniffer.ofZip(file) : kind;
        }
    }
}
