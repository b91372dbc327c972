package io.presage.worker.tasks;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.util.List;

/// Why a package cannot serve its task, in the words of its author: what the model has, and what the task
/// needs.
final class Misfit {
    private Misfit() {}

    static LoadException manifest(String evidence, String fix) {
        return new LoadException(new Failure("load", "invalid-manifest", evidence, fix));
    }

    static LoadException tokenizer(String evidence, Exception cause) {
        return new LoadException(
                new Failure(
                        "load",
                        "corrupt-tokenizer",
                        evidence,
                        "Put a tokenizer.json in the format of Hugging Face's `tokenizers` into the package;"
                                + " docs/model-package.md says what it may hold."),
                cause);
    }

    static LoadException tensors(String task, Signature model, String needs) {
        return new LoadException(new Failure(
                "signature",
                "task-mismatch",
                "task: %s needs %s; the model has inputs %s and outputs %s"
                        .formatted(task, needs, words(model.inputs()), words(model.outputs())),
                "Set `task` in model.yaml to one that fits (`tensor` fits every model), or export the model as the task needs"
                        + " it."));
    }

    private static List<String> words(List<TensorSpec> specs) {
        return specs.stream()
                .map(spec -> spec.name() + " " + spec.datatype() + " " + spec.shape())
                .toList();
    }

    static boolean is(TensorSpec spec, DataType type, int rank) {
        return spec.datatype() == type && spec.shape().size() == rank;
    }

    static Shape shape(TensorSpec spec) {
        return Shape.of(spec.shape());
    }
}
