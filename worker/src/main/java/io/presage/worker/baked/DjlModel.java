package io.presage.worker.baked;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// From djl-spring's properties to a baked-in model. A package with a `model.yaml` of its own, and an archive,
/// speak
/// for themselves; for others one is written out of the properties. What cannot be done is refused by its key.
final class DjlModel {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int LABELS_BYTES_MAX = 1 << 20;
    private static final List<String> MODEL_ENDINGS =
            List.of("", ".onnx", ".pt", ".json", ".ubj", ".txt", "/saved_model.pb");

    private DjlModel() {}

    static BakedInModel of(DjlProperties djl) {
        if (!djl.modelFilter().isEmpty()) {
            throw refused(
                    "model-filter", djl.modelFilter(), "none: there is no model zoo here, djl.urls names the model");
        }
        if (!djl.translatorFactory().isEmpty()) {
            throw refused(
                    "translator-factory",
                    djl.translatorFactory(),
                    "none: djl.application-type and djl.arguments, or task in model.yaml, say how inputs are prepared");
        }
        if (djl.urls().size() != 1) {
            throw refused("urls", djl.urls(), "exactly one file: URL of a model file, an archive or a folder");
        }
        var path = path(djl.urls().getFirst());
        var isSilent = Files.isDirectory(path) ? !Files.exists(path.resolve("model.yaml")) : !isArchive(path);
        var manifest = isSilent ? manifest(djl, path) : null;
        if (!isSilent && says(djl)) {
            throw refused(
                    "urls",
                    path,
                    "a model file or a folder without model.yaml: beside a package with its own manifest, application-type,"
                            + " input-class, output-class, engine and arguments belong into that");
        }
        return new BakedInModel("djl.urls", name(djl, path), path, manifest);
    }

    private static boolean says(DjlProperties djl) {
        return !djl.applicationType().isEmpty()
                || !djl.inputClass().isEmpty()
                || !djl.outputClass().isEmpty()
                || !djl.engine().isEmpty()
                || !djl.arguments().isEmpty();
    }

    private static Path path(String url) {
        if (!url.contains(":")) {
            return Path.of(url);
        }
        try {
            var uri = URI.create(url);
            if ("file".equals(uri.getScheme())) {
                return Path.of(uri.isOpaque() ? uri.getSchemeSpecificPart() : uri.getPath());
            }
        } catch (IllegalArgumentException _) {
            // Refused below, like every other URL.
        }
        throw refused("urls", url, "a file: URL or a path: nothing is fetched at run time");
    }

    private static boolean isArchive(Path path) {
        var name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        return name.endsWith(".zip") || name.endsWith(".tar.gz") || name.endsWith(".tgz");
    }

    private static String name(DjlProperties djl, Path path) {
        if (!djl.modelName().isEmpty()) {
            return djl.modelName();
        }
        if (!djl.modelArtifactId().isEmpty()) {
            return djl.modelArtifactId().substring(djl.modelArtifactId().lastIndexOf(':') + 1);
        }
        var file = String.valueOf(path.toAbsolutePath().normalize().getFileName());
        int end = Files.isDirectory(path) ? -1 : file.indexOf('.');
        return end > 0 ? file.substring(0, end) : file;
    }

    private static String manifest(DjlProperties djl, Path path) {
        var manifest = new LinkedHashMap<String, Object>();
        var task = task(djl);
        manifest.put("task", task);
        if (!djl.engine().isEmpty()) {
            manifest.put("engine", engine(djl.engine()));
        }
        if (!djl.modelName().isEmpty() && Files.isDirectory(path)) {
            MODEL_ENDINGS.stream()
                    .map(ending -> djl.modelName() + ending)
                    .filter(file -> Files.isRegularFile(path.resolve(file)))
                    .findFirst()
                    .ifPresent(file -> manifest.put("model", file));
        }
        var labels = labels(djl, path);
        if (!labels.isEmpty()) {
            manifest.put("labels", labels);
        }
        DjlArguments.of(task, djl.arguments()).forEach(manifest::put);
        return JSON.writeValueAsString(manifest);
    }

    private static String task(DjlProperties djl) {
        var byApplication =
                switch (djl.applicationType().toUpperCase(Locale.ROOT).replace('-', '_')) {
                    case "" -> null;
                    case "IMAGE_CLASSIFICATION" -> "image-classification";
                    case "OBJECT_DETECTION" -> "object-detection";
                    default ->
                        throw refused(
                                "application-type",
                                djl.applicationType(),
                                "IMAGE_CLASSIFICATION or OBJECT_DETECTION, or none and the classes of another task");
                };
        var byClasses = taskOf(djl.inputClass(), djl.outputClass());
        if (byApplication != null && byClasses != null && !byApplication.equals(byClasses)) {
            throw refused(
                    "input-class, output-class",
                    djl.inputClass() + ", " + djl.outputClass(),
                    "classes that go with application-type " + djl.applicationType());
        }
        return byApplication != null ? byApplication : byClasses != null ? byClasses : "tensor";
    }

    /// Null when neither class is given.
    private static @Nullable String taskOf(String input, String output) {
        if (input.isEmpty() && output.isEmpty()) {
            return null;
        }
        var from = simple(input);
        var to = simple(output);
        var isPicture = from.isEmpty() || from.equals("Image") || from.equals("BufferedImage");
        if (isPicture && to.equals("Classifications")) {
            return "image-classification";
        }
        if (isPicture && (to.equals("DetectedObjects") || (to.isEmpty() && !from.isEmpty()))) {
            return "object-detection";
        }
        if ((from.isEmpty() || from.equals("NDList")) && (to.isEmpty() || to.equals("NDList"))) {
            return "tensor";
        }
        if (from.equals("String") && (to.equals("[F") || to.equals("float[]"))) {
            return "text-embedding";
        }
        throw refused(
                "input-class, output-class",
                input + ", " + output,
                "Image and Classifications, Image and DetectedObjects, String and float[], or NDList and NDList");
    }

    private static String simple(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }

    private static String engine(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "onnxruntime" -> "onnxruntime";
            case "pytorch" -> "torchscript";
            case "tensorflow" -> "tensorflow";
            case "xgboost" -> "xgboost";
            case "lightgbm" -> "lightgbm";
            default -> throw refused("engine", name, "OnnxRuntime, PyTorch, TensorFlow, XGBoost or LightGBM");
        };
    }

    /// Names of classes as DJL's translators find them: `synset`, or a line each in `synset.txt` or the file that
    /// `synsetFileName` names.
    private static List<String> labels(DjlProperties djl, Path path) {
        var given = djl.arguments().get("synset");
        if (given != null) {
            return Stream.of(given.split(",")).map(String::strip).toList();
        }
        var named = djl.arguments().get("synsetFileName");
        var folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
        var file = folder == null ? path : folder.resolve(named == null ? "synset.txt" : named);
        if (!Files.isRegularFile(file) || (named == null && !Files.isDirectory(path))) {
            if (named != null) {
                throw refused("arguments.synsetFileName", named, "a file beside the model");
            }
            return List.of();
        }
        try {
            if (Files.size(file) > LABELS_BYTES_MAX) {
                throw refused("arguments.synsetFileName", file, "at most " + LABELS_BYTES_MAX + " bytes");
            }
            return Files.readAllLines(file).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException("djl.arguments.synsetFileName: " + file + " cannot be read: " + e, e);
        }
    }

    static IllegalStateException refused(String key, Object value, String expected) {
        return new IllegalStateException("djl." + key + ": " + value + " (expected: " + expected + ")");
    }
}
