package io.presage.registry.aliases;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import io.presage.registry.models.VersionState;
import io.presage.registry.routes.PolicyService;
import io.presage.registry.routes.RouteService;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionTemplate;

/// Commands on aliases, each one transaction that locks the model. Any thread.
final class AliasService {
    static final String CHAMPION = "champion";
    private static final int PROMOTE_WHOLLY = 10_000;

    private final AliasRepository repository;
    private final ModelRepository models;
    private final RouteService routes;
    private final PolicyService policies;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;

    AliasService(
            AliasRepository repository,
            ModelRepository models,
            RouteService routes,
            PolicyService policies,
            ChangeLog changes,
            TransactionTemplate transaction) {
        this.repository = repository;
        this.models = models;
        this.routes = routes;
        this.policies = policies;
        this.changes = changes;
        this.transaction = transaction;
    }

    /// `champion` first, if there is an active version.
    List<AliasView> all(String model) {
        return transaction.execute(_ -> {
            models.requireModel(model);
            var views = new java.util.ArrayList<AliasView>();
            int active = routes.active(model);
            if (active != 0) {
                views.add(new AliasView(model, CHAMPION, active));
            }
            repository.all(model).forEach((alias, version) -> views.add(new AliasView(model, alias, version)));
            return List.copyOf(views);
        });
    }

    AliasView move(String model, String alias, MoveAlias command) {
        if (alias.equals(CHAMPION)) {
            routes.promote(
                    model,
                    command.version(),
                    PROMOTE_WHOLLY,
                    Objects.requireNonNullElse(command.expectedVersion(), RouteService.ANY));
            return new AliasView(model, alias, command.version());
        }
        return transaction.execute(_ -> {
            models.lock(model);
            var state = models.state(model, command.version());
            if (state != VersionState.READY) {
                throw new ProblemException(
                        Problem.CONFLICT,
                        "version: " + model + "/" + command.version() + " is " + state + " (expected: READY)");
            }
            int present = repository.find(model, alias).orElse(0);
            requireExpected(alias, present, command.expectedVersion());
            if (present != command.version()) {
                repository.put(model, alias, command.version());
                changes.record(new Change(
                        "alias.move",
                        "models/" + model + "/aliases/" + alias,
                        Map.of("from", present, "to", command.version())));
            }
            return new AliasView(model, alias, command.version());
        });
    }

    /// @param expectedVersion null for "whatever it is"
    void delete(String model, String alias, @Nullable Integer expectedVersion) {
        if (alias.equals(CHAMPION)) {
            throw new ProblemException(
                    Problem.CONFLICT, "alias: 'champion' is the active version (expected: another alias)");
        }
        transaction.executeWithoutResult(_ -> {
            models.lock(model);
            int present = repository
                    .find(model, alias)
                    .orElseThrow(() -> new ProblemException(
                            Problem.VERSION_NOT_FOUND, "alias: " + model + " has no '" + alias + "'"));
            requireExpected(alias, present, expectedVersion);
            if (policies.names(model, alias)) {
                throw new ProblemException(
                        Problem.CONFLICT,
                        "alias: a rule of the route sends calls to '" + alias + "' (expected: one that no rule names)");
            }
            repository.delete(model, alias);
            changes.record(
                    new Change("alias.delete", "models/" + model + "/aliases/" + alias, Map.of("from", present)));
        });
    }

    private static void requireExpected(String alias, int present, @Nullable Integer expected) {
        if (expected != null && expected != present) {
            throw new ProblemException(
                    Problem.STALE,
                    "expectedVersion: " + expected + ", but '" + alias + "' is "
                            + (present == 0 ? "not set" : "at " + present) + " (expected: the present version)");
        }
    }
}
