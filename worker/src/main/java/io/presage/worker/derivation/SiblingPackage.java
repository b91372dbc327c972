package io.presage.worker.derivation;

import io.presage.worker.artifacts.ModelPackage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Set;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Packs a sibling: everything of the original but its model, its external data and the answers of its samples,
/// which the sibling need not meet to the last digit. A package of nothing but a model is the model itself.
/// The same input gives the same bytes, so that a second try has the same digest. Stateless.
final class SiblingPackage {
    /// Any fixed time that a zip can say.
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private static final String SAMPLES = "samples";
    private static final String RESPONSE = ".response.json";

    private SiblingPackage() {}

    /// Writes the package to the new file `target`.
    ///
    /// @param model the sibling's model file
    /// @param leftOut files of the original that its model needed
    static void write(ModelPackage original, Path model, Set<Path> leftOut, Path target) throws IOException {
        var folder = original.directory().toAbsolutePath().normalize();
        var modelFile = original.modelFile().toAbsolutePath().normalize();
        List<Path> files;
        try (var all = Files.walk(folder)) {
            files = all.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .filter(file -> !leftOut.contains(file) && !isAnswer(folder.relativize(file)))
                    .sorted()
                    .toList();
        }
        if (files.equals(List.of(modelFile))) {
            Files.copy(model, target);
            return;
        }
        try (var zip = new ZipOutputStream(Files.newOutputStream(target))) {
            zip.setLevel(Deflater.BEST_SPEED);
            for (var file : files) {
                var name = folder.relativize(file).toString().replace('\\', '/');
                add(zip, name, file.equals(modelFile) ? model : file);
            }
        }
    }

    private static void add(ZipOutputStream zip, String name, Path file) throws IOException {
        var entry = new ZipEntry(name);
        entry.setTimeLocal(TIME);
        zip.putNextEntry(entry);
        Files.copy(file, (OutputStream) zip);
        zip.closeEntry();
    }

    private static boolean isAnswer(Path file) {
        return file.getNameCount() == 2
                && file.startsWith(SAMPLES)
                && file.toString().endsWith(RESPONSE);
    }
}
