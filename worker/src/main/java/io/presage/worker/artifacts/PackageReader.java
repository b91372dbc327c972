package io.presage.worker.artifacts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/// Finds the manifest and the model in an unpacked folder.
final class PackageReader {
    static final String MANIFEST = "model.yaml";

    private PackageReader() {}

    static ModelPackage read(Path folder) throws PackageException, IOException {
        var manifestFile = folder.resolve(MANIFEST);
        var manifest = Files.exists(manifestFile, LinkOption.NOFOLLOW_LINKS)
                ? ManifestReader.read(manifestFile)
                : Manifest.DEFAULT;
        var model = manifest.model() == null ? onlyModel(folder) : named(folder, manifest.model());
        var kind = FileKind.of(model);
        if (!kind.isModel()) {
            throw PackageException.refused(
                    "unpack",
                    "unknown-format",
                    folder.relativize(model) + " is of kind " + PackageUnpacker.describe(kind, model),
                    kind.advice().isEmpty() ? FileKind.UNKNOWN.advice() : kind.advice());
        }
        return new ModelPackage(folder, model, ArtifactCache.bytesOf(folder), manifest);
    }

    private static Path named(Path folder, String name) throws PackageException {
        var file = folder.resolve(name).normalize();
        if (!file.startsWith(folder) || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw PackageException.refused(
                    "unpack",
                    "missing-file",
                    "model: '" + name + "' is not in the package",
                    "Name a file of the package in model.yaml, relative to its root.");
        }
        return file;
    }

    /// By name first: weights beside a model may begin like one.
    private static Path onlyModel(Path folder) throws PackageException, IOException {
        List<Path> files;
        try (var all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        var models = files.stream()
                .filter(file -> file.getFileName().toString().endsWith(".onnx"))
                .toList();
        if (models.isEmpty()) {
            var found = new java.util.ArrayList<Path>();
            for (var file : files) {
                if (FileKind.of(file) == FileKind.ONNX) {
                    found.add(file);
                }
            }
            models = found;
        }
        if (models.size() == 1) {
            return models.getFirst();
        }
        var names = files.stream()
                .limit(20)
                .map(file -> folder.relativize(file).toString())
                .toList();
        throw PackageException.refused(
                "unpack",
                models.isEmpty() ? "missing-file" : "invalid-manifest",
                models.size() + " model files (expected: exactly one, or `model` in model.yaml); the package holds "
                        + names,
                models.isEmpty() ? FileKind.UNKNOWN.advice() : "Name the file in model.yaml: model: FILE.");
    }
}
