package io.presage.worker.tasks;

import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import java.nio.file.Path;
import java.util.List;

/// Packages that differ from the defaults in what a test is about.
final class Manifests {
    private Manifests() {}

    static ModelPackage of(String task, Manifest.Image image, Manifest.Detection detection, String... labels) {
        return in(Path.of("nowhere"), task, Manifest.Text.DEFAULT, image, detection, labels);
    }

    static ModelPackage of(String task) {
        return of(task, Manifest.Image.DEFAULT, Manifest.Detection.DEFAULT);
    }

    static ModelPackage text(Path directory, Manifest.Text text) {
        return in(directory, "text-embedding", text, Manifest.Image.DEFAULT, Manifest.Detection.DEFAULT);
    }

    static Manifest.Image image(int width, int height, String layout, String channels, String resize) {
        return new Manifest.Image(width, height, layout, channels, List.of(0.0), List.of(255.0), resize, false);
    }

    private static ModelPackage in(
            Path directory,
            String task,
            Manifest.Text text,
            Manifest.Image image,
            Manifest.Detection detection,
            String... labels) {
        Manifest manifest = new Manifest(
                task,
                null,
                null,
                List.of(labels),
                "cpu",
                "throughput",
                1,
                1,
                new Manifest.Batching(4, 1 << 22, 1 << 20, 8, 0),
                text,
                image,
                detection,
                Manifest.Audio.DEFAULT,
                Manifest.Samples.DEFAULT,
                null);
        return new ModelPackage(directory, directory.resolve("model.onnx"), 0, manifest);
    }
}
