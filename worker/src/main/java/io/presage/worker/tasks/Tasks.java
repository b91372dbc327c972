package io.presage.worker.tasks;

import io.presage.contract.infer.Signature;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.LoadException;

/// Task names and the adapters behind them.
public final class Tasks {
    /// The adapter for a package whose model has `modelSignature`.
    ///
    /// @throws LoadException phase `signature` when the model's tensors do not fit the task, `invalid-manifest`
    /// for an
    ///     unknown task or bad settings, `missing-file` for a tokenizer that is not there
    public static Task create(ModelPackage modelPackage, Signature modelSignature) throws LoadException {
        throw new UnsupportedOperationException();
    }

    private Tasks() {}
}
