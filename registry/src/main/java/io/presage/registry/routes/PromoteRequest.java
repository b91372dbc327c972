package io.presage.registry.routes;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Body of `POST /models/M/promote`.
///
/// @param weightBasisPoints 1..10000; absent means 10000, all calls
/// @param expectedActive 0 for "none yet"; absent means "whatever it is"
record PromoteRequest(
        int version,
        @Nullable Integer weightBasisPoints,
        @Nullable Integer expectedActive) {
    PromoteRequest {
        if (version < 1) {
            throw new ProblemException(Problem.INVALID_REQUEST, "version: " + version + " (expected: 1 or more)");
        }
        if (weightBasisPoints != null && (weightBasisPoints < 1 || weightBasisPoints > Split.WHOLE)) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "weightBasisPoints: " + weightBasisPoints + " (expected: 1..10000)");
        }
        if (expectedActive != null && expectedActive < 0) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "expectedActive: " + expectedActive + " (expected: 0 or more)");
        }
    }

    int weight() {
        return Objects.requireNonNullElse(weightBasisPoints, Split.WHOLE);
    }

    int expected() {
        return Objects.requireNonNullElse(expectedActive, RouteService.ANY);
    }
}
