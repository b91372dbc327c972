package io.presage.api.routes;

import io.presage.api.access.KeyRing;
import io.presage.api.replicas.Replica;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.RoutingTable;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// A routing table made for look-ups. Built anew for every snapshot; immutable; any thread.
public final class RoutingIndex {
    private final long revision;
    private final Map<String, ModelRoute> models;
    private final KeyRing keys;
    private final LimitRules limits;

    private RoutingIndex(long revision, Map<String, ModelRoute> models, KeyRing keys, LimitRules limits) {
        this.revision = revision;
        this.models = models;
        this.keys = keys;
        this.limits = limits;
    }

    /// Indexes `table`; `workers` are the present ones by id.
    /// @throws IllegalArgumentException if the table contradicts itself
    public static RoutingIndex of(RoutingTable table, Map<String, Replica> workers) {
        Map<String, ModelRoute> models =
                LinkedHashMap.newLinkedHashMap(table.models().size());
        for (var model : table.models()) {
            models.put(model.name(), ModelRoute.of(model, workers));
        }
        return new RoutingIndex(table.revision(), models, KeyRing.of(table.keys()), table.limits());
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

    /// In the order of their names.
    public Collection<ModelRoute> models() {
        return models.values();
    }

    /// Paths of all versions.
    public Set<String> paths() {
        Set<String> paths = new HashSet<>();
        for (var model : models.values()) {
            model.versions().forEach(version -> paths.add(version.path()));
        }
        return paths;
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
