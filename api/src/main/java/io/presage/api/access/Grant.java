package io.presage.api.access;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Role;
import java.util.Set;

/// What the holder of one API key may do. Immutable.
///
/// @param keyId the public part of the key
/// @param tenant whom the key belongs to
/// @param models the models it is for; empty means every model
/// @param limits its own on each model; without one in calls, the gateway's default holds
public record Grant(String keyId, String tenant, Set<Role> roles, Set<String> models, Limits limits) {
    public Grant {
        roles = Set.copyOf(roles);
        models = Set.copyOf(models);
    }

    public boolean may(Role role) {
        return roles.contains(role) || roles.contains(Role.ADMIN);
    }

    public boolean covers(String model) {
        return models.isEmpty() || models.contains(model);
    }

    /// Nothing, or a refusal.
    /// @throws ProblemException PERMISSION_DENIED
    public void require(Role role) {
        if (!may(role)) {
            throw new ProblemException(
                    Problem.PERMISSION_DENIED, "key " + keyId + " has roles " + roles + " (expected: " + role + ")");
        }
    }

    /// A key made for some models learns nothing about others, not even whether they exist.
    /// @throws ProblemException PERMISSION_DENIED
    public void require(Role role, String model) {
        require(role);
        if (!covers(model)) {
            throw new ProblemException(Problem.PERMISSION_DENIED, "key " + keyId + " is not for model " + model);
        }
    }
}
