package io.presage.registry.access;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Limit;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.Role;
import io.presage.registry.http.Names;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Body of `POST /keys`.
record CreateKey(
        String name,
        Set<Role> roles,
        @Nullable Set<String> models,
        @Nullable Limit limit,
        @Nullable String tenant,
        @Nullable Limit rowLimit) {
    private static final int NAME_CHARS_MAX = 100;
    private static final int MODELS_MAX = 1000;

    CreateKey {
        if (name == null || name.isBlank() || name.length() > NAME_CHARS_MAX) {
            throw invalid("name: " + Names.shown(name) + " (expected: 1.." + NAME_CHARS_MAX + " characters)");
        }
        if (name.chars().anyMatch(Character::isISOControl)) {
            throw invalid("name: " + Names.shown(name) + " (expected: no control characters)");
        }
        if (roles == null || roles.isEmpty()) {
            throw invalid("roles: none (expected: at least one of PREDICT, PUBLISH, PROMOTE, ADMIN)");
        }
        if (models != null) {
            if (models.size() > MODELS_MAX) {
                throw invalid("models: " + models.size() + " (expected: at most " + MODELS_MAX + ")");
            }
            models.forEach(Names::model);
        }
    }

    Set<String> modelsOrAll() {
        return models == null ? Set.of() : models;
    }

    String tenantOrDefault() {
        return tenant == null ? LimitRules.DEFAULT_TENANT : tenant;
    }

    private static ProblemException invalid(String message) {
        return new ProblemException(Problem.INVALID_REQUEST, message);
    }
}
