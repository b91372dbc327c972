package io.presage.registry.aliases;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Body of `PUT /models/M/aliases/A`.
///
/// @param expectedVersion 0 for "must not exist"; absent means "whatever it is"
record MoveAlias(int version, @Nullable Integer expectedVersion) {
    MoveAlias {
        if (version < 1) {
            throw new ProblemException(Problem.INVALID_REQUEST, "version: " + version + " (expected: 1 or more)");
        }
        if (expectedVersion != null && expectedVersion < 0) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "expectedVersion: " + expectedVersion + " (expected: 0 or more)");
        }
    }
}
