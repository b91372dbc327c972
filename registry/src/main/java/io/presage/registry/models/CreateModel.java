package io.presage.registry.models;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.registry.http.Names;
import org.jspecify.annotations.Nullable;

/// Body of `POST /models`.
record CreateModel(String name, @Nullable String description) {
    private static final int DESCRIPTION_CHARS_MAX = 2000;

    CreateModel {
        Names.model(name);
        if (description != null && description.length() > DESCRIPTION_CHARS_MAX) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "description: " + description.length() + " characters (expected: at most " + DESCRIPTION_CHARS_MAX
                            + ")");
        }
    }
}
