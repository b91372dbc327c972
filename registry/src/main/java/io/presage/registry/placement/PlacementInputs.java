package io.presage.registry.placement;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What the policy decides over, as it was read: by model, so that a read of some models replaces theirs.
///
/// @param mark names the read, for the next to say what was touched since
/// @param models those that have anything deployed, assigned or held
/// @param failed versions on workers where their slot is Failed, or was lately
record PlacementInputs(String mark, Map<String, OfModel> models, List<LiveWorker> workers, Set<Placement> failed) {
    /// @param servable those of the assigned ones that can be called
    record OfModel(Set<DeployedVersion> deployed, Set<Placement> assigned, Set<Placement> servable) {
        static final OfModel NOTHING = new OfModel(Set.of(), Set.of(), Set.of());

        OfModel {
            deployed = Set.copyOf(deployed);
            assigned = Set.copyOf(assigned);
            servable = Set.copyOf(servable);
        }
    }

    /// From rows of any models.
    static Map<String, OfModel> byModel(
            List<DeployedVersion> deployed, List<Placement> assigned, List<Placement> servable) {
        var deployedOf = grouped(deployed, DeployedVersion::model);
        var assignedOf = grouped(assigned, Placement::model);
        var servableOf = grouped(servable, Placement::model);
        var models = new HashMap<String, OfModel>();
        Stream.of(deployedOf, assignedOf, servableOf)
                .flatMap(rows -> rows.keySet().stream())
                .forEach(model -> models.computeIfAbsent(
                        model,
                        _ -> new OfModel(
                                deployedOf.getOrDefault(model, Set.of()),
                                assignedOf.getOrDefault(model, Set.of()),
                                servableOf.getOrDefault(model, Set.of()))));
        return models;
    }

    private static <T> Map<String, Set<T>> grouped(List<T> rows, Function<T, String> model) {
        return rows.stream().collect(Collectors.groupingBy(model, Collectors.toSet()));
    }

    /// These models with those that were `touched` as they were `read` now: the same map where nothing differs.
    Map<String, OfModel> with(Set<String> touched, Map<String, OfModel> read) {
        var changed = touched.stream()
                .filter(model ->
                        !models.getOrDefault(model, OfModel.NOTHING).equals(read.getOrDefault(model, OfModel.NOTHING)))
                .toList();
        if (changed.isEmpty()) {
            return models;
        }
        var next = new HashMap<>(models);
        for (var model : changed) {
            var now = read.get(model);
            if (now == null) {
                next.remove(model);
            } else {
                next.put(model, now);
            }
        }
        return next;
    }

    /// Whether a plan over these comes out as one over `other`.
    boolean decidesAs(PlacementInputs other) {
        return models == other.models && workers.equals(other.workers) && failed.equals(other.failed);
    }

    List<DeployedVersion> deployed() {
        return models.values().stream().flatMap(of -> of.deployed().stream()).toList();
    }

    Set<Placement> assigned() {
        return all(OfModel::assigned);
    }

    Set<Placement> servable() {
        return all(OfModel::servable);
    }

    private Set<Placement> all(Function<OfModel, Set<Placement>> part) {
        return models.values().stream().flatMap(of -> part.apply(of).stream()).collect(Collectors.toUnmodifiableSet());
    }
}
