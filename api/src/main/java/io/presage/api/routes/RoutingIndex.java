package io.presage.api.routes;

import io.presage.api.access.KeyRing;
import io.presage.api.replicas.Replica;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.TrafficPolicy;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A routing table made for look-ups. A change makes a new one that shares all that stays: it costs a copy of the
/// map's references. Immutable; any thread.
public final class RoutingIndex {
    private final long revision;
    private final Map<String, ModelRoute> models;
    private final KeyRing keys;
    private final LimitRules limits;
    private volatile @Nullable List<ModelRoute> ordered;

    private RoutingIndex(long revision, Map<String, ModelRoute> models, KeyRing keys, LimitRules limits) {
        this.revision = revision;
        this.models = models;
        this.keys = keys;
        this.limits = limits;
    }

    /// Indexes `table`; `workers` are the present ones by id.
    /// @throws IllegalArgumentException if the table contradicts itself
    public static RoutingIndex of(RoutingTable table, Map<String, Replica> workers) {
        Map<String, ModelRoute> models = HashMap.newHashMap(table.models().size());
        for (var model : table.models()) {
            models.put(model.name(), ModelRoute.of(model, workers));
        }
        return new RoutingIndex(table.revision(), models, KeyRing.of(table.keys()), table.limits());
    }

    /// The next one, with some models replaced or added.
    ///
    /// @param keys those of the next revision, or the present ones
    /// @param limits likewise
    /// @throws IllegalArgumentException if a model contradicts itself
    public RoutingIndex with(
            long nextRevision,
            Collection<RoutingTable.Model> changed,
            Map<String, Replica> workers,
            KeyRing nextKeys,
            LimitRules nextLimits) {
        Map<String, ModelRoute> next = changed.isEmpty() ? models : new HashMap<>(models);
        for (var model : changed) {
            next.put(model.name(), ModelRoute.of(model, workers));
        }
        return new RoutingIndex(nextRevision, next, nextKeys, nextLimits);
    }

    public long revision() {
        return revision;
    }

    public KeyRing keys() {
        return keys;
    }

    /// Of tenants and models.
    public LimitRules limits() {
        return limits;
    }

    /// In the order of their names, which is made when the first asks: who lists all models can wait for it.
    public Collection<ModelRoute> models() {
        var made = ordered;
        if (made == null) {
            made = models.values().stream()
                    .sorted(Comparator.comparing(ModelRoute::name))
                    .toList();
            ordered = made;
        }
        return made;
    }

    /// Whether calls can name this version.
    public boolean has(String model, int version) {
        var route = models.get(model);
        return route != null && route.has(version);
    }

    /// What the model's route keeps answers for; null where it keeps none, or is not there.
    public TrafficPolicy.@Nullable Cache cache(String model) {
        var route = models.get(model);
        return route == null ? null : route.policy().cache();
    }

    /// The model of this name.
    /// @throws ProblemException MODEL_NOT_FOUND
    public ModelRoute model(String name) {
        ModelRoute model = models.get(name);
        if (model == null) {
            throw new ProblemException(Problem.MODEL_NOT_FOUND, "no model " + name);
        }
        return model;
    }
}
