package io.presage.registry.routes;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.TrafficPolicy;
import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import io.presage.registry.models.VersionState;
import java.util.Map;
import org.springframework.transaction.support.TransactionTemplate;

/// Commands on routes' policies, each one transaction that locks the model. Any thread.
public final class PolicyService {
    private static final String CHAMPION = "champion";

    private final PolicyRepository repository;
    private final ModelRepository models;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;

    PolicyService(
            PolicyRepository repository, ModelRepository models, ChangeLog changes, TransactionTemplate transaction) {
        this.repository = repository;
        this.models = models;
        this.changes = changes;
        this.transaction = transaction;
    }

    TrafficPolicy view(String model) {
        return transaction.execute(_ -> {
            models.requireModel(model);
            return repository.find(model);
        });
    }

    /// Replaces the whole policy.
    /// @throws ProblemException MODEL_NOT_FOUND, VERSION_NOT_FOUND, CONFLICT
    TrafficPolicy set(String model, TrafficPolicy policy) {
        return transaction.execute(_ -> {
            models.lock(model);
            for (var rule : policy.rules()) {
                requireTarget(model, rule.target());
            }
            if (policy.shadow() != null) {
                requireReady("shadow.version", model, policy.shadow().version());
            }
            if (!policy.equals(repository.find(model))) {
                repository.save(model, policy);
                changes.record(new Change(
                        "route.policy", "models/" + model + "/route/policy", Map.of("policy", PolicyBody.of(policy))));
            }
            return policy;
        });
    }

    private void requireTarget(String model, String target) {
        if (Character.isDigit(target.charAt(0))) {
            requireReady("rules.target", model, Integer.parseInt(target));
        } else if (!target.equals(CHAMPION) && !repository.hasAlias(model, target)) {
            throw new ProblemException(
                    Problem.VERSION_NOT_FOUND,
                    "rules.target: " + model + " has no alias '" + target + "' (expected: a version or an alias)");
        }
    }

    private void requireReady(String member, String model, int version) {
        var state = models.state(model, version);
        if (state != VersionState.READY) {
            throw new ProblemException(
                    Problem.CONFLICT, member + ": " + model + "/" + version + " is " + state + " (expected: READY)");
        }
    }

    /// Whether a rule sends calls to `alias`. Called with the model locked.
    public boolean names(String model, String alias) {
        return repository.find(model).rules().stream()
                .anyMatch(rule -> rule.target().equals(alias));
    }
}
