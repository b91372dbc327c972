package io.presage.registry.feed;

import io.presage.contract.state.DesiredState;
import io.presage.contract.state.RoutingTable;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Everything that readers of one revision can ask for. Immutable; any thread.
///
/// @param workers by id, of every worker that ever reported and is not forgotten
record Snapshot(long revision, Content<RoutingTable> routing, Map<String, Content<DesiredState>> workers) {
    private static final Content<DesiredState> NOTHING = content(0, DesiredState.EMPTY);

    Snapshot {
        workers = Map.copyOf(workers);
    }

    /// Builds the next snapshot. What equals its part of `before` is taken from there, with its revision, so
    /// that a change wakes only those whom it concerns.
    static Snapshot of(PlatformState state, @Nullable Snapshot before) {
        var workers = new HashMap<String, Content<DesiredState>>();
        state.workers().forEach((id, desired) -> {
            var known = before == null ? null : before.workers.get(id);
            workers.put(
                    id, known != null && known.value().equals(desired) ? known : content(state.revision(), desired));
        });
        var routing = before != null && before.routing.value().equals(state.routing())
                ? before.routing
                : content(state.revision(), state.routing());
        return new Snapshot(state.revision(), routing, workers);
    }

    /// What `worker` should do; nothing, when it never reported. That nothing is not news: its revision is 0.
    Content<DesiredState> worker(String worker) {
        return workers.getOrDefault(worker, NOTHING);
    }

    private static Content<DesiredState> content(long revision, DesiredState value) {
        return Content.of(
                revision,
                value,
                new DesiredState(revision, value.assignments(), value.validations(), value.derivations()));
    }

    private static Content<RoutingTable> content(long revision, RoutingTable value) {
        return Content.of(
                revision,
                value,
                new RoutingTable(revision, value.models(), value.workers(), value.keys(), value.limits()));
    }
}
