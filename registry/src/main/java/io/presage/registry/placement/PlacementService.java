package io.presage.registry.placement;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.registry.audit.Change;
import io.presage.registry.audit.ChangeLog;
import io.presage.registry.models.ModelRepository;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionTemplate;

/// Runs the policy (control loop) and sets how many replicas a model wants (requests).
///
/// A tick reads what was touched since the last one, and plans only when something that the policy decides over
/// changed: with ten thousand models a promote costs it a row or two. It reads everything the first time, after a
/// tick that failed, and now and then, because that costs little.
public final class PlacementService {
    private static final Logger log = LoggerFactory.getLogger(PlacementService.class);
    private static final int TOUCHED_READS_MAX = 1_000;

    private final PlacementRepository repository;
    private final ModelRepository models;
    private final ChangeLog changes;
    private final TransactionTemplate transaction;
    private final PlacementProperties properties;

    private final Counter plans;

    // Owned by the control loop.
    /// What was read last.
    private @Nullable PlacementInputs known;
    /// The inputs of a plan that changed nothing.
    private @Nullable PlacementInputs settled;

    private int readsToWhole;
    /// Said once, not every second.
    private List<DeployedVersion> unplacedSaid = List.of();

    PlacementService(
            PlacementRepository repository,
            ModelRepository models,
            ChangeLog changes,
            TransactionTemplate transaction,
            PlacementProperties properties,
            MeterRegistry meters) {
        this.repository = repository;
        this.models = models;
        this.changes = changes;
        this.transaction = transaction;
        this.properties = properties;
        this.plans = Counter.builder("presage.registry.placement.plans")
                .description("Plans made: what they decide over had changed")
                .register(meters);
    }

    /// Brings assignments to what the policy wants, or does nothing. Called by the control loop.
    public void tick() {
        var before = known;
        // What is read in a transaction that fails is not known.
        known = null;
        known = transaction.execute(_ -> repository.tryLockTick() ? place(before) : before);
    }

    /// Returns what was read. Where nothing of it differs from that over which a plan changed nothing, another
    /// plan
    /// would change nothing either.
    private PlacementInputs place(@Nullable PlacementInputs before) {
        var inputs = read(before);
        if (settled != null && inputs.decidesAs(settled)) {
            return inputs;
        }
        plans.increment();
        var plan = PlacementPolicy.plan(
                inputs.deployed(),
                inputs.workers(),
                inputs.assigned(),
                inputs.servable(),
                inputs.failed(),
                properties.overcommit());
        var added = missing(plan.placements(), inputs.assigned());
        var removed = missing(inputs.assigned(), plan.placements());
        removed.forEach(repository::remove);
        added.forEach(repository::assign);
        settled = null;
        if (added.isEmpty() && removed.isEmpty()) {
            settled = inputs;
        } else {
            var change = new Change(
                    "placement.move", "placement", Map.of("assigned", named(added), "removed", named(removed)));
            changes.record(change);
        }
        sayUnplaced(plan.unplaced());
        return inputs;
    }

    private PlacementInputs read(@Nullable PlacementInputs before) {
        if (before == null || readsToWhole <= 0) {
            readsToWhole = TOUCHED_READS_MAX;
            return repository.read(properties.failedMemory());
        }
        readsToWhole--;
        return repository.readSince(before, properties.failedMemory());
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
