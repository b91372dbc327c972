package io.presage.worker.artifacts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Finds the manifest and the model in an unpacked folder.
final class PackageReader {
    static final String MANIFEST = "model.yaml";
    private static final int NAMES_SHOWN_MAX = 20;

    private PackageReader() {}

    static ModelPackage read(Path folder) throws PackageException, IOException {
        var manifestFile = folder.resolve(MANIFEST);
        var manifest = Files.exists(manifestFile, LinkOption.NOFOLLOW_LINKS)
                ? ManifestReader.read(manifestFile)
                : Manifest.DEFAULT;
        var model = manifest.model() == null ? onlyModel(folder) : named(folder, manifest.model());
        var kind = FileKind.of(model);
        if (!kind.isModel()) {
            throw foreign(folder, model, kind);
        }
        if (kind == FileKind.TORCHSCRIPT) {
            PackageUnpacker.checkZip(model);
        }
        return new ModelPackage(folder, model, ArtifactCache.bytesOf(folder), manifest);
    }

    private static PackageException foreign(Path folder, Path file, FileKind kind) throws IOException {
        return PackageException.refused(
                "unpack",
                kind.runsCodeWhenRead() ? "unsafe-format" : "unknown-format",
                folder.relativize(file) + " is of kind " + PackageUnpacker.describe(kind, file),
                kind.advice());
    }

    /// A file, or the folder of a SavedModel.
    private static Path named(Path folder, String name) throws PackageException {
        Path file;
        try {
            file = folder.resolve(name).normalize();
        } catch (InvalidPathException e) {
            throw missing(name);
        }
        if (file.startsWith(folder) && Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            file = file.resolve(KindSniffer.SAVED_MODEL_NAME);
        }
        if (!file.startsWith(folder) || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw missing(name);
        }
        return file;
    }

    private static PackageException missing(String name) {
        return PackageException.refused(
                "unpack",
                "missing-file",
                "model: '" + Refusal.cut(name) + "' is not in the package",
                "Name a file of the package in model.yaml, relative to its root.");
    }

    private record Found(Path file, FileKind kind) {}

    private static Path onlyModel(Path folder) throws PackageException, IOException {
        List<Path> files;
        try (var all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        var models = new ArrayList<Found>();
        var foreign = new ArrayList<Found>();
        for (var file : files) {
            var found = new Found(file, FileKind.of(file));
            if (found.kind().isModel()) {
                models.add(found);
            } else if (found.kind().isForeignModel()) {
                foreign.add(found);
            }
        }
        if (models.size() > 1) {
            var named = models.stream()
                    .filter(found ->
                            found.kind().isUsualName(found.file().getFileName().toString()))
                    .toList();
            models = named.isEmpty() ? models : new ArrayList<>(named);
        }
        if (models.size() == 1) {
            return models.getFirst().file();
        }
        if (models.isEmpty() && !foreign.isEmpty()) {
            throw foreign(folder, foreign.getFirst().file(), foreign.getFirst().kind());
        }
        throw PackageException.refused(
                "unpack",
                models.isEmpty() ? "missing-file" : "invalid-manifest",
                models.size() + " model files (expected: exactly one, or `model` in model.yaml); the package holds "
                        + names(
                                folder,
                                models.isEmpty()
                                        ? files
                                        : models.stream().map(Found::file).toList()),
                models.isEmpty() ? FileKind.UNKNOWN.advice() : "Name the file in model.yaml: model: FILE.");
    }

    private static List<String> names(Path folder, List<Path> files) {
        return files.stream()
                .limit(NAMES_SHOWN_MAX)
                .map(file -> folder.relativize(file).toString())
                .toList();
    }
}
