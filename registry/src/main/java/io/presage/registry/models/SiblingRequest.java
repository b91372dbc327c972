package io.presage.registry.models;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.DesiredState.Derivation;
import io.presage.registry.http.Names;
import org.jspecify.annotations.Nullable;

/// Body of `POST /models/M/versions/V/siblings`.
record SiblingRequest(@Nullable String quantize) {
    SiblingRequest {
        derivation(quantize);
    }

    String derivation() {
        return derivation(quantize);
    }

    /// The kind of derivation that `quantize` asks for.
    static String derivation(@Nullable String quantize) {
        if (!"int8".equals(quantize)) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "quantize: " + Names.shown(quantize) + " (expected: int8)");
        }
        return Derivation.INT8_DYNAMIC;
    }
}
