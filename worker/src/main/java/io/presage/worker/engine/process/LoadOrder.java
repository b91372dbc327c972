package io.presage.worker.engine.process;

import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.LoadPlan;
import java.nio.file.Path;
import tools.jackson.databind.json.JsonMapper;

/// What a child is to load. Travels as JSON: it is read once in a child's life.
record LoadOrder(Path directory, Path modelFile, long bytes, Manifest manifest, LoadPlan plan) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    static LoadOrder of(ModelPackage modelPackage, LoadPlan plan) {
        return new LoadOrder(
                modelPackage.directory().toAbsolutePath(),
                modelPackage.modelFile().toAbsolutePath(),
                modelPackage.bytes(),
                modelPackage.manifest(),
                plan);
    }

    ModelPackage modelPackage() {
        return new ModelPackage(directory, modelFile, bytes, manifest);
    }

    String text() {
        return JSON.writeValueAsString(this);
    }

    static LoadOrder parse(String text) {
        return JSON.readValue(text, LoadOrder.class);
    }
}
