package io.presage.registry.feed;

import io.presage.contract.state.DesiredState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Everything that readers of one revision can ask for. Immutable; any thread.
///
/// @param mark names the read that it comes from
/// @param workers by id, of every worker that ever reported and is not forgotten
record Snapshot(long revision, String mark, RoutingFeed routing, Map<String, Content<DesiredState>> workers) {
    private static final Content<DesiredState> NOTHING = content(0, DesiredState.EMPTY);
    private static final Comparator<DesiredState.Assignment> ORDER =
            Comparator.comparing(DesiredState.Assignment::model).thenComparingInt(DesiredState.Assignment::version);

    Snapshot {
        workers = Map.copyOf(workers);
    }

    /// Builds the next snapshot. What equals its part of `before` is taken from there, with its revision, so
    /// that a change wakes only those whom it concerns.
    static Snapshot of(PlatformState.Whole state, @Nullable Snapshot before) {
        // An earlier revision is of a database that was restored: what is known of later ones means nothing.
        boolean isNewer = before != null && before.revision <= state.revision();
        return new Snapshot(
                state.revision(),
                state.mark(),
                before != null && isNewer
                        ? before.routing.next(state.revision(), state.routing())
                        : RoutingFeed.of(state.revision(), state.routing()),
                workers(state.revision(), state.workers(), before == null ? Map.of() : before.workers));
    }

    /// The next one after this, when only some models were read.
    Snapshot next(PlatformState.Touched state) {
        var desired = new HashMap<String, DesiredState>();
        workers.forEach((id, content) -> desired.put(id, desired(id, content.value(), state)));
        return new Snapshot(
                state.revision(),
                state.mark(),
                routing.next(state.revision(), state),
                workers(state.revision(), desired, workers));
    }

    private static Map<String, Content<DesiredState>> workers(
            long revision, Map<String, DesiredState> desired, Map<String, Content<DesiredState>> before) {
        var workers = new HashMap<String, Content<DesiredState>>();
        desired.forEach((id, state) -> {
            var known = before.get(id);
            workers.put(id, known != null && known.value().equals(state) ? known : content(revision, state));
        });
        return workers;
    }

    private static DesiredState desired(String worker, DesiredState before, PlatformState.Touched state) {
        return new DesiredState(
                0,
                assignments(before.assignments(), state, state.assignments().getOrDefault(worker, List.of())),
                state.tasks().validations(worker),
                state.tasks().derivations(worker));
    }

    /// Those before, with the touched models' replaced.
    private static List<DesiredState.Assignment> assignments(
            List<DesiredState.Assignment> before, PlatformState.Touched state, List<DesiredState.Assignment> read) {
        var present = before.stream()
                .filter(assignment -> state.touched().contains(assignment.model()))
                .toList();
        if (present.equals(read)) {
            return before;
        }
        var next = new ArrayList<>(before);
        next.removeIf(assignment -> state.touched().contains(assignment.model()));
        next.addAll(read);
        next.sort(ORDER);
        return next;
    }

    /// What `worker` should do; nothing, when it never reported. That nothing is not news: its revision is 0.
    Content<DesiredState> worker(String worker) {
        return workers.getOrDefault(worker, NOTHING);
    }

    private static Content<DesiredState> content(long revision, DesiredState value) {
        return new Content<>(
                revision,
                value,
                new DesiredState(revision, value.assignments(), value.validations(), value.derivations()));
    }
}
