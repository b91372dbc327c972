package io.presage.contract.state;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What makes the [RoutingTable] of one revision out of that of an earlier one. It says nothing of what is gone:
/// models stay for ever, and a table that lost one is sent whole.
///
/// @param from revision of the table that it is to be applied to, and to no other
/// @param revision of what comes out
/// @param digest of what comes out, [RoutingContent#digest]
/// @param models those that are new or not as they were, whole
/// @param workers all of them if one changed; null means as before
/// @param keys all of them if one changed; null means as before
/// @param limits all of them if one changed; null means as before
public record RoutingChanges(
        long from,
        long revision,
        String digest,
        List<RoutingTable.Model> models,
        @Nullable List<RoutingTable.Worker> workers,
        @Nullable List<RoutingTable.Key> keys,
        @Nullable LimitRules limits) {
    /// In `Content-Type`, where an answer is changes and not a whole table.
    public static final String MEDIA_TYPE = "application/vnd.presage.routing-changes+json";

    public RoutingChanges {
        models = models == null ? List.of() : List.copyOf(models);
        workers = workers == null ? null : List.copyOf(workers);
        keys = keys == null ? null : List.copyOf(keys);
    }
}
