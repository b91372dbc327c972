package io.presage.worker.versions;

import io.presage.contract.infer.Signature;
import io.presage.contract.infer.TensorSpec;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Holds what `model.yaml` says of a model against what its engine says. Pure.
final class SignatureMatch {
    private SignatureMatch() {}

    /// @param given in `model.yaml`; null = nothing is said
    /// @throws LoadException `signature-mismatch`, naming the first tensor that differs
    static void check(@Nullable Signature given, Signature own) throws LoadException {
        if (given != null) {
            check("inputs", given.inputs(), own.inputs());
            check("outputs", given.outputs(), own.outputs());
        }
    }

    private static void check(String what, List<TensorSpec> given, List<TensorSpec> own) throws LoadException {
        var left = new HashMap<String, TensorSpec>();
        own.forEach(tensor -> left.put(tensor.name(), tensor));
        for (var tensor : given) {
            var present = left.remove(tensor.name());
            if (present == null) {
                throw mismatch(what + ": " + tensor.name() + " (expected: "
                        + own.stream().map(TensorSpec::name).toList() + ")");
            }
            if (present.datatype() != tensor.datatype() || !goTogether(present.shape(), tensor.shape())) {
                throw mismatch(what + ": " + tensor.name() + " " + tensor.datatype() + " " + tensor.shape()
                        + " (expected: " + present.datatype() + " " + present.shape() + ")");
            }
        }
        if (!left.isEmpty()) {
            throw mismatch(what + ": without " + left.keySet().stream().sorted().toList() + " (expected: "
                    + own.stream().map(TensorSpec::name).toList() + ")");
        }
    }

    private static boolean goTogether(List<Long> own, List<Long> given) {
        if (own.size() != given.size()) {
            return false;
        }
        for (int i = 0; i < own.size(); i++) {
            if (own.get(i) >= 0 && given.get(i) >= 0 && !own.get(i).equals(given.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static LoadException mismatch(String evidence) {
        return new LoadException(new Failure(
                "signature",
                "signature-mismatch",
                "signature." + evidence,
                "Correct signature in model.yaml, or leave it out where the file tells its own."));
    }
}
