package io.presage.registry.placement;

import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionTemplate;

/// Runs the policy (control loop) and sets how many replicas a model wants (requests).
public final class PlacementService {
    private static final Logger log = LoggerFactory.getLogger(PlacementService.class);

    private final PlacementRepository repository;
    private final ModelRepository models;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;
    private final PlacementProperties properties;

    /// Owned by the control loop: said once, not every second.
    private List<DeployedVersion> unplacedSaid = List.of();

    PlacementService(
            PlacementRepository repository,
            ModelRepository models,
            ChangeLog changes,
            TransactionTemplate transaction,
            PlacementProperties properties) {
        this.repository = repository;
        this.models = models;
        this.changes = changes;
        this.transaction = transaction;
        this.properties = properties;
    }

    /// Brings assignments to what the policy wants, or does nothing. Called by the control loop.
    public void tick() {
        transaction.executeWithoutResult(_ -> {
            if (repository.tryLockTick()) {
                place();
            }
        });
    }

    private void place() {
        var present = repository.assignments();
        var plan = PlacementPolicy.plan(
                repository.deployed(),
                repository.liveWorkers(),
                present,
                repository.servable(),
                repository.failed(properties.failedMemory()),
                properties.overcommit());
        var added = missing(plan.placements(), present);
        var removed = missing(present, plan.placements());
        removed.forEach(repository::remove);
        added.forEach(repository::assign);
        if (!added.isEmpty() || !removed.isEmpty()) {
            var change = new Change(
                    "placement.move", "placement", Map.of("assigned", named(added), "removed", named(removed)));
            changes.record(change);
        }
        sayUnplaced(plan.unplaced());
    }

    void setReplicas(String model, int replicas) {
        transaction.executeWithoutResult(_ -> {
            models.lock(model);
            int present = repository.replicas(model);
            if (present != replicas) {
                repository.setReplicas(model, replicas);
                changes.record(new Change(
                        "deployment.set", "models/" + model + "/deployment", Map.of("from", present, "to", replicas)));
            }
        });
    }

    private void sayUnplaced(List<DeployedVersion> unplaced) {
        if (!unplaced.equals(unplacedSaid)) {
            for (var version : unplaced) {
                log.warn(
                        "event=version-unplaced model={} version={} memory_bytes={} reason=\"no worker has {}\"",
                        version.model(),
                        version.version(),
                        version.memoryBytes(),
                        version.cuda() ? "a CUDA device with room" : "room");
            }
            unplacedSaid = unplaced;
        }
    }

    private static List<Placement> missing(Collection<Placement> wanted, Collection<Placement> there) {
        var missing = new ArrayList<>(wanted);
        missing.removeAll(there);
        missing.sort(Placement.ORDER);
        return missing;
    }

    private static List<String> named(List<Placement> placements) {
        return placements.stream()
                .map(placement -> placement.model() + "/" + placement.version() + " on " + placement.workerId())
                .toList();
    }
}
