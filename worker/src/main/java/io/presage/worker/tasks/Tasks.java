package io.presage.worker.tasks;

import io.presage.contract.infer.Signature;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.LoadException;
import java.util.Map;
import java.util.TreeMap;

/// Task names and the adapters behind them.
public final class Tasks {
    private interface Factory {
        Task create(ModelPackage modelPackage, Signature modelSignature) throws LoadException;
    }

    private static final Map<String, Factory> FACTORIES = new TreeMap<>(Map.of(
            "tensor",
            (_, signature) -> new TensorTask(signature),
            TextEmbeddingTask.NAME,
            TextEmbeddingTask::create,
            ImageClassificationTask.NAME,
            ImageClassificationTask::create,
            ObjectDetectionTask.NAME,
            ObjectDetectionTask::create,
            VoiceActivityTask.NAME,
            VoiceActivityTask::create));

    /// The adapter for a package whose model has `modelSignature`.
    ///
    /// @throws LoadException phase `signature` when the model's tensors do not fit the task, `invalid-manifest`
    ///     for an unknown task or bad settings, `missing-file` for a tokenizer that is not there
    public static Task create(ModelPackage modelPackage, Signature modelSignature) throws LoadException {
        String name = modelPackage.manifest().task();
        Factory factory = FACTORIES.get(name);
        if (factory == null) {
            throw Misfit.manifest(
                    "task: '" + name + "' (expected: one of " + FACTORIES.keySet() + ")",
                    "Correct `task` in model.yaml; `tensor` fits every model.");
        }
        return factory.create(modelPackage, modelSignature);
    }

    private Tasks() {}
}
