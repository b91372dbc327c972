package io.presage.registry.routes;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import io.presage.registry.models.VersionState;
import io.presage.registry.routes.RoutePolicy.Decision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionTemplate;

/// Commands on routes, each one transaction that locks the model, and the tick that lets live follow the goal.
/// Any thread.
public final class RouteService {
    /// For `expectedActive`: do not compare.
    public static final int ANY = -1;

    private static final Logger log = LoggerFactory.getLogger(RouteService.class);

    private final RouteRepository repository;
    private final ModelRepository models;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;

    RouteService(
            RouteRepository repository, ModelRepository models, ChangeLog changes, TransactionTemplate transaction) {
        this.repository = repository;
        this.models = models;
        this.changes = changes;
        this.transaction = transaction;
    }

    RouteView view(String model) {
        return transaction.execute(_ -> {
            models.requireModel(model);
            return present(model);
        });
    }

    /// Makes a READY version the active one, or the candidate beside it.
    ///
    /// @param weight basis points, 1..10000
    /// @param expectedActive compare-and-set: 0 for "none yet", [#ANY] for "whatever it is"
    /// @throws ProblemException STALE, CONFLICT, VERSION_NOT_FOUND, MODEL_NOT_FOUND
    public RouteView promote(String model, int version, int weight, int expectedActive) {
        return transaction.execute(_ -> {
            models.lock(model);
            requireReady(model, version);
            var decision = RoutePolicy.promote(route(model), version, weight, expectedActive);
            return apply(
                    model,
                    decision,
                    new Change(
                            "route.promote",
                            "models/" + model + "/route",
                            Map.of("version", version, "weightBasisPoints", weight)));
        });
    }

    RouteView rollBack(String model) {
        return transaction.execute(_ -> {
            models.lock(model);
            var decision = RoutePolicy.rollBack(route(model));
            var change = new Change("route.rollback", "models/" + model + "/route", details(decision));
            return apply(model, decision, change);
        });
    }

    /// The active version as people mean it: the goal's. 0 for none.
    public int active(String model) {
        return route(model).goal().active();
    }

    /// Lets every route that waits follow its goal if it can. Called by the control loop.
    public void tick() {
        for (var model : repository.pending()) {
            transaction.executeWithoutResult(_ -> {
                models.lock(model);
                var moved = RoutePolicy.reconcile(route(model), repository.readiness(model));
                moved.ifPresent(route -> {
                    repository.save(model, route);
                    changes.record(inForce(model, route));
                });
            });
        }
    }

    private RouteView apply(String model, Decision decision, Change change) {
        return switch (decision) {
            case Decision.Unchanged _ -> present(model);
            case Decision.Changed(var route) -> {
                var moved = RoutePolicy.reconcile(route, repository.readiness(model));
                repository.save(model, moved.orElse(route));
                var recorded = new ArrayList<>(List.of(change));
                moved.map(now -> inForce(model, now)).ifPresent(recorded::add);
                changes.record(recorded);
                yield present(model);
            }
            case Decision.Stale(var active) ->
                throw new ProblemException(
                        Problem.STALE,
                        "expectedActive: the active version of " + model + " is "
                                + (active == 0 ? "none" : Integer.toString(active))
                                + " (expected: the one you named; look again)");
            case Decision.Refused(var reason) -> throw new ProblemException(Problem.CONFLICT, reason);
        };
    }

    private static Change inForce(String model, Route route) {
        log.info(
                "event=route-in-force model={} active={} candidate={} weight={}",
                model,
                route.live().active(),
                route.live().candidate(),
                route.live().weight());
        return new Change("route.in-force", "models/" + model + "/route", details(new Decision.Changed(route)));
    }

    private static Map<String, ?> details(Decision decision) {
        return decision instanceof Decision.Changed(var route)
                ? Map.of(
                        "active", route.goal().active(),
                        "candidate", route.goal().candidate(),
                        "weightBasisPoints", route.goal().weight())
                : Map.of();
    }

    private void requireReady(String model, int version) {
        var state = models.state(model, version);
        if (state != VersionState.READY) {
            throw new ProblemException(
                    Problem.CONFLICT, "version: " + model + "/" + version + " is " + state + " (expected: READY)");
        }
    }

    private Route route(String model) {
        return repository.find(model).orElse(Route.EMPTY);
    }

    private RouteView present(String model) {
        return RouteView.of(model, route(model), repository.readiness(model));
    }
}
