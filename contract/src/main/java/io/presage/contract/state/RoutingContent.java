package io.presage.contract.state;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A [RoutingTable] as both ends of the feed keep it: models by name, and a digest of everything that follows
/// changes without looking at what stays. A change costs a copy of the map's references. Immutable; any thread.
public final class RoutingContent {
    private final Map<String, RoutingTable.Model> models;
    private final List<RoutingTable.Worker> workers;
    private final List<RoutingTable.Key> keys;
    private final LimitRules limits;
    private final long modelsDigest;
    private final long othersDigest;

    private RoutingContent(
            Map<String, RoutingTable.Model> models,
            List<RoutingTable.Worker> workers,
            List<RoutingTable.Key> keys,
            LimitRules limits,
            long modelsDigest,
            long othersDigest) {
        this.models = models;
        this.workers = workers;
        this.keys = keys;
        this.limits = limits;
        this.modelsDigest = modelsDigest;
        this.othersDigest = othersDigest;
    }

    /// @throws IllegalArgumentException if two models have the same name
    public static RoutingContent of(RoutingTable table) {
        Map<String, RoutingTable.Model> models =
                HashMap.newHashMap(table.models().size());
        long digest = 0;
        for (var model : table.models()) {
            if (models.put(model.name(), model) != null) {
                throw new IllegalArgumentException("model " + model.name() + " is there twice");
            }
            digest += ContentDigest.of(model);
        }
        return new RoutingContent(
                models,
                table.workers(),
                table.keys(),
                table.limits(),
                digest,
                others(table.workers(), table.keys(), table.limits()));
    }

    /// With some models replaced or added, others taken away, and whatever else is not null replaced.
    public RoutingContent with(
            Collection<RoutingTable.Model> changed,
            Collection<String> removed,
            @Nullable List<RoutingTable.Worker> newWorkers,
            @Nullable List<RoutingTable.Key> newKeys,
            @Nullable LimitRules newLimits) {
        boolean isModels = !changed.isEmpty() || !removed.isEmpty();
        var nextModels = isModels ? new HashMap<>(models) : models;
        long digest = modelsDigest;
        for (var model : changed) {
            digest += ContentDigest.of(model) - ContentDigest.of(nextModels.put(model.name(), model));
        }
        for (var name : removed) {
            digest -= ContentDigest.of(nextModels.remove(name));
        }
        var nextWorkers = newWorkers == null ? workers : newWorkers;
        var nextKeys = newKeys == null ? keys : newKeys;
        var nextLimits = newLimits == null ? limits : newLimits;
        boolean isSame = newWorkers == null && newKeys == null && newLimits == null;
        return new RoutingContent(
                nextModels,
                nextWorkers,
                nextKeys,
                nextLimits,
                digest,
                isSame ? othersDigest : others(nextWorkers, nextKeys, nextLimits));
    }

    private static long others(List<RoutingTable.Worker> workers, List<RoutingTable.Key> keys, LimitRules limits) {
        return ContentDigest.of(workers) * 3 + ContentDigest.of(keys) * 5 + ContentDigest.of(limits) * 7;
    }

    /// Of all that is in it; 16 hex digits.
    public String digest() {
        return "%016x".formatted(modelsDigest + othersDigest);
    }

    /// By name; not to be changed.
    public Map<String, RoutingTable.Model> models() {
        return models;
    }

    public List<RoutingTable.Worker> workers() {
        return workers;
    }

    public List<RoutingTable.Key> keys() {
        return keys;
    }

    public LimitRules limits() {
        return limits;
    }

    /// As it is sent and written.
    public RoutingTable table(long revision) {
        return new RoutingTable(
                revision,
                models.values().stream()
                        .sorted(Comparator.comparing(RoutingTable.Model::name))
                        .toList(),
                workers,
                keys,
                limits,
                digest());
    }
}
