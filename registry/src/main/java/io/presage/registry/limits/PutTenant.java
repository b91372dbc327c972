package io.presage.registry.limits;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Quota;
import io.presage.registry.http.Names;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Body of `PUT /tenants/T`: all that a tenant is. What is left out is not limited.
record PutTenant(
        @Nullable String description,
        @Nullable Limits limits,
        @Nullable Map<String, Limits> models,
        @Nullable Quota quota) {
    private static final int DESCRIPTION_CHARS_MAX = 1000;
    private static final int MODELS_MAX = 1000;

    PutTenant {
        if (description != null
                && (description.length() > DESCRIPTION_CHARS_MAX
                        || description.chars().anyMatch(Character::isISOControl))) {
            throw invalid("description: " + Names.shown(description) + " (expected: at most " + DESCRIPTION_CHARS_MAX
                    + " characters, no control characters)");
        }
        if (models != null) {
            if (models.size() > MODELS_MAX) {
                throw invalid("models: " + models.size() + " (expected: at most " + MODELS_MAX + ")");
            }
            models.forEach((model, of) -> {
                Names.model(model);
                if (of == null || of.unlimited()) {
                    throw invalid("models." + model + ": no limit (expected: calls, rows or both)");
                }
            });
        }
    }

    String descriptionOrNone() {
        return description == null ? "" : description;
    }

    Limits limitsOrNone() {
        return limits == null ? Limits.NONE : limits;
    }

    Map<String, Limits> modelsOrNone() {
        return models == null ? Map.of() : models;
    }

    Quota quotaOrNone() {
        return quota == null ? Quota.NONE : quota;
    }

    private static ProblemException invalid(String message) {
        return new ProblemException(Problem.INVALID_REQUEST, message);
    }
}
