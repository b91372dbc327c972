package io.presage.api.routes;

import io.presage.api.replicas.Replica;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.TrafficPolicy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One model: its versions, aliases and split. Immutable; any thread.
public final class ModelRoute {
    private static final String ACTIVE = "champion";

    private final String name;
    private final Map<Integer, VersionRoute> versions;
    private final List<VersionRoute> ascending;
    private final Map<String, Integer> aliases;
    private final @Nullable Split split;
    private final TrafficPolicy policy;
    private final boolean ready;

    private ModelRoute(
            String name,
            List<VersionRoute> ascending,
            Map<String, Integer> aliases,
            @Nullable Split split,
            TrafficPolicy policy,
            boolean ready) {
        this.name = name;
        this.ascending = ascending;
        this.aliases = aliases;
        this.split = split;
        this.policy = policy;
        this.ready = ready;
        this.versions = HashMap.newHashMap(ascending.size());
        ascending.forEach(version -> versions.put(version.version(), version));
    }

    static ModelRoute of(RoutingTable.Model model, Map<String, Replica> workers) {
        List<VersionRoute> ascending = model.versions().stream()
                .map(version -> VersionRoute.of(
                        model.name(),
                        version.version(),
                        version.workers().stream()
                                .map(workers::get)
                                .filter(Objects::nonNull)
                                .toList(),
                        version.sha256(),
                        version.loading()))
                .toList();
        Split split = model.targets().isEmpty()
                ? null
                : Split.of(model.targets(), model.aliases().getOrDefault(ACTIVE, 0));
        var readyVersions = ascending.stream()
                .filter(VersionRoute::ready)
                .map(VersionRoute::version)
                .toList();
        var policy = Objects.requireNonNullElse(model.policy(), TrafficPolicy.NONE);
        boolean ready = split != null
                && model.targets().stream()
                        .filter(target -> target.weightBasisPoints() > 0)
                        .allMatch(target -> readyVersions.contains(target.version()));
        return new ModelRoute(model.name(), ascending, model.aliases(), split, policy, ready);
    }

    public String name() {
        return name;
    }

    /// True when every version that gets a share of the calls has a replica.
    public boolean ready() {
        return ready;
    }

    /// Ascending.
    public List<VersionRoute> versions() {
        return ascending;
    }

    /// `reference` is a version number or an alias.
    /// @throws ProblemException VERSION_NOT_FOUND
    public VersionRoute version(String reference) {
        Integer number = Character.isDigit(reference.charAt(0)) ? Names.version(reference) : aliases.get(reference);
        VersionRoute version = number == null ? null : versions.get(number);
        if (version == null) {
            throw new ProblemException(
                    Problem.VERSION_NOT_FOUND, "model " + name + " has no version or alias " + reference);
        }
        return version;
    }

    boolean has(int version) {
        return versions.containsKey(version);
    }

    public TrafficPolicy policy() {
        return policy;
    }

    /// The version for a call without one: of the first rule that matches, else by the split.
    /// @throws ProblemException VERSION_NOT_READY when no version was ever put in force, VERSION_NOT_FOUND when
    /// a rule
    ///     names none that is there
    public VersionRoute chosen(Asking asking) {
        for (var rule : policy.rules()) {
            if (asking.matches(rule)) {
                return version(rule.target());
            }
        }
        return split(asking.key(policy.sticky()));
    }

    private VersionRoute split(String key) {
        if (split == null) {
            throw ProblemException.retryAfter(
                    Problem.VERSION_NOT_READY, "model " + name + " has no version in force: promote one", 5);
        }
        return inForce(split.version(Split.bucket(name, key)));
    }

    /// The active version: what a question about the model, without a version, is about.
    public Optional<VersionRoute> active() {
        if (split == null) {
            return Optional.empty();
        }
        return Optional.of(inForce(split.version(Split.BUCKETS - 1)));
    }

    private VersionRoute inForce(int version) {
        VersionRoute route = versions.get(version);
        if (route == null) {
            throw ProblemException.retryAfter(
                    Problem.VERSION_NOT_READY, "version " + name + "/" + version + " has no Ready replica", 1);
        }
        return route;
    }
}
