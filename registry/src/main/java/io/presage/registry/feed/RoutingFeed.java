package io.presage.registry.feed;

import io.presage.contract.state.LimitRules;
import io.presage.contract.state.RoutingChanges;
import io.presage.contract.state.RoutingContent;
import io.presage.contract.state.RoutingTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// The gateways' part of a snapshot: the table, and of each model and each other part the revision at which it
/// became what it is. So the changes since any revision from `base` on can be told without a log of them: they
/// are what is younger. `base` is where this registry began to follow, or where a model was last taken away, for
/// what is not there has no age.
///
/// Immutable but for answers that are kept; any thread.
final class RoutingFeed implements Dated {
    private static final JsonMapper JSON = new JsonMapper();

    /// @param workers since when they are as they are; the others likewise
    private record Ages(long base, Map<String, Long> models, long workers, long keys, long limits) {}

    private record Kept(long after, byte[] json) {}

    private final long revision;
    private final RoutingContent content;
    private final Ages ages;
    private volatile byte @Nullable [] whole;
    private volatile @Nullable Kept changes;

    private RoutingFeed(long revision, RoutingContent content, Ages ages) {
        this.revision = revision;
        this.content = content;
        this.ages = ages;
    }

    /// The first one of this registry.
    static RoutingFeed of(long revision, RoutingTable table) {
        var content = RoutingContent.of(table);
        Map<String, Long> models = HashMap.newHashMap(content.models().size());
        content.models().keySet().forEach(name -> models.put(name, revision));
        return new RoutingFeed(revision, content, new Ages(revision, models, revision, revision, revision));
    }

    /// The next one after a read of everything; this one, if that is the same.
    RoutingFeed next(long next, RoutingTable table) {
        var read = RoutingContent.of(table);
        var removed = new HashSet<>(content.models().keySet());
        removed.removeAll(read.models().keySet());
        return next(next, table.models(), removed, table.workers(), table.keys(), table.limits());
    }

    /// The next one after a read of what was touched; this one, if nothing of it is different.
    RoutingFeed next(long next, PlatformState.Touched read) {
        var removed = new HashSet<>(read.touched());
        read.models().forEach(model -> removed.remove(model.name()));
        removed.retainAll(content.models().keySet());
        return next(
                next,
                read.models(),
                removed,
                content.workers(),
                Objects.requireNonNullElse(read.keys(), content.keys()),
                Objects.requireNonNullElse(read.limits(), content.limits()));
    }

    private RoutingFeed next(
            long next,
            Collection<RoutingTable.Model> read,
            Set<String> removed,
            List<RoutingTable.Worker> workers,
            List<RoutingTable.Key> keys,
            LimitRules limits) {
        var changed = read.stream()
                .filter(model -> !model.equals(content.models().get(model.name())))
                .toList();
        boolean isWorkers = !workers.equals(content.workers());
        boolean isKeys = !keys.equals(content.keys());
        boolean isLimits = !limits.equals(content.limits());
        if (changed.isEmpty() && removed.isEmpty() && !isWorkers && !isKeys && !isLimits) {
            return this;
        }
        var models = new HashMap<>(ages.models());
        changed.forEach(model -> models.put(model.name(), next));
        removed.forEach(models::remove);
        return new RoutingFeed(
                next,
                content.with(
                        changed, removed, isWorkers ? workers : null, isKeys ? keys : null, isLimits ? limits : null),
                new Ages(
                        removed.isEmpty() ? ages.base() : next,
                        models,
                        isWorkers ? next : ages.workers(),
                        isKeys ? next : ages.keys(),
                        isLimits ? next : ages.limits()));
    }

    @Override
    public long revision() {
        return revision;
    }

    /// The whole table, as JSON. Made when the first asks, once for nearly all who ask.
    byte[] whole() {
        var made = whole;
        if (made == null) {
            made = JSON.writeValueAsBytes(content.table(revision));
            whole = made;
        }
        return made;
    }

    /// [RoutingChanges] for whoever has the table of revision `after`, as JSON; empty where they cannot be told,
    /// or are no less than the half of everything.
    Optional<byte[]> changes(long after) {
        var made = changes;
        if (made != null && made.after() == after) {
            return Optional.of(made.json());
        }
        if (after < ages.base() || after > revision) {
            return Optional.empty();
        }
        var younger = younger(after);
        if (younger.size() > content.models().size() / 2 + 1) {
            return Optional.empty();
        }
        var json = JSON.writeValueAsBytes(new RoutingChanges(
                after,
                revision,
                content.digest(),
                younger,
                ages.workers() > after ? content.workers() : null,
                ages.keys() > after ? content.keys() : null,
                ages.limits() > after ? content.limits() : null));
        changes = new Kept(after, json);
        return Optional.of(json);
    }

    private List<RoutingTable.Model> younger(long after) {
        var younger = new ArrayList<RoutingTable.Model>();
        ages.models().forEach((name, age) -> {
            var model = content.models().get(name);
            if (age > after && model != null) {
                younger.add(model);
            }
        });
        return younger;
    }
}
