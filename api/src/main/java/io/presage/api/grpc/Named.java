package io.presage.api.grpc;

import io.presage.api.routes.Names;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Names as a message has them. Pure.
final class Named {
    /// @throws ProblemException MODEL_NOT_FOUND for what no model can be called
    static String model(String name) {
        if (!Names.isModel(name)) {
            throw new ProblemException(
                    Problem.MODEL_NOT_FOUND,
                    "no model of this name (expected: [A-Za-z0-9._-], at most 128 characters)");
        }
        return name;
    }

    /// A number or an alias; null when none was named.
    /// @throws ProblemException VERSION_NOT_FOUND for what no version can be called
    static @Nullable String version(String version) {
        if (version.isEmpty()) {
            return null;
        }
        if (!Names.isVersion(version)) {
            throw new ProblemException(
                    Problem.VERSION_NOT_FOUND, "no version of this name (expected: a number or an alias)");
        }
        return version;
    }

    private Named() {}
}
