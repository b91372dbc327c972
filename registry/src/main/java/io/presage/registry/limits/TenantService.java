package io.presage.registry.limits;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.Limits;
import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.http.Names;
import io.presage.registry.models.ModelRepository;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.springframework.transaction.support.TransactionTemplate;

/// Commands on tenants and on models' limits, each one transaction. Any thread.
final class TenantService {
    private static final String NAME = "[a-z0-9][a-z0-9-]{0,62}";
    private static final Pattern NAME_PATTERN = Pattern.compile(NAME);

    private final TenantRepository repository;
    private final ModelRepository models;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;

    TenantService(
            TenantRepository repository, ModelRepository models, ChangeLog changes, TransactionTemplate transaction) {
        this.repository = repository;
        this.models = models;
        this.changes = changes;
        this.transaction = transaction;
    }

    /// @param isNew it was not there before
    record Put(boolean isNew, TenantView tenant) {}

    List<TenantView> all() {
        return repository.all();
    }

    TenantView tenant(String name) {
        return repository.find(name).orElseThrow(() -> notFound(name));
    }

    Put put(String name, PutTenant command) {
        if (!NAME_PATTERN.matcher(name).matches()) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "tenant: " + Names.shown(name) + " (expected: " + NAME + ")");
        }
        return transaction.execute(_ -> {
            boolean isNew = repository.put(name, command);
            changes.record(new Change(
                    isNew ? "tenant.create" : "tenant.change",
                    "tenants/" + name,
                    Map.of(
                            "limits", command.limitsOrNone(),
                            "models", command.modelsOrNone(),
                            "quota", command.quotaOrNone())));
            return new Put(isNew, tenant(name));
        });
    }

    void delete(String name) {
        transaction.executeWithoutResult(_ -> {
            if (!repository.lock(name)) {
                throw notFound(name);
            }
            if (name.equals(LimitRules.DEFAULT_TENANT)) {
                throw new ProblemException(
                        Problem.CONFLICT, "tenant: 'default' stays: keys that name no tenant belong to it");
            }
            int keys = repository.keysInUse(name);
            if (keys > 0) {
                throw new ProblemException(
                        Problem.CONFLICT,
                        "tenant: '" + name + "' has " + keys + " keys in use (expected: none; revoke them first)");
            }
            repository.delete(name);
            changes.record(new Change("tenant.delete", "tenants/" + name, Map.of()));
        });
    }

    Limits modelLimits(String model) {
        models.requireModel(model);
        return repository.modelLimits(model);
    }

    Limits putModelLimits(String model, Limits limits) {
        return transaction.execute(_ -> {
            models.lock(model);
            repository.putModelLimits(model, limits);
            changes.record(new Change("model.limits", "models/" + model, Map.of("limits", limits)));
            return repository.modelLimits(model);
        });
    }

    private static ProblemException notFound(String name) {
        return new ProblemException(Problem.NOT_FOUND, "tenant: " + Names.shown(name) + " (expected: one that exists)");
    }
}
