package io.presage.registry.workers;

import io.presage.contract.state.Report;
import io.presage.registry.workers.StoredSlot.Held;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What a report means, given what is known. Pure.
final class ReportPolicy {
    private static final int RETIRED_MAX = 8;

    sealed interface Decision {
        /// An older report that comes late: nothing to do.
        record Late() implements Decision {}

        /// From a process that another one with the same id has replaced.
        record Replaced() implements Decision {}

        /// Newer than what is known.
        ///
        /// @param event what is worth an audit row: `joined`, `restarted`, `returned`, `draining`, ...
        /// @param written slots that are new or not as they were
        /// @param removed slots that are gone
        /// @param othersMustKnow whether the revision has to grow
        /// @param retired the incarnations that are no longer listened to
        record Apply(
                Optional<String> event,
                List<StoredSlot> written,
                List<Held> removed,
                boolean othersMustKnow,
                List<String> retired)
                implements Decision {}
    }

    /// Calls go to Ready replicas; to one that is EVICTED or loaded again only when none is Ready. So an eviction
    /// or its end concerns others only where the version has another replica. A load that fails, and one that is
    /// begun again, concern the callers who wait for it: only where there is no replica.
    ///
    /// @param slots as the last report left them
    /// @param isElsewhere whether another worker can serve a version too; asked only where it matters
    static Decision decide(
            Optional<StoredWorker> stored, List<StoredSlot> slots, Report report, Predicate<Held> isElsewhere) {
        if (stored.isEmpty()) {
            var all = report.slots().stream()
                    .map(slot -> StoredSlot.after(null, slot))
                    .toList();
            return new Decision.Apply(Optional.of("joined"), all, List.of(), true, List.of());
        }
        var known = stored.get();
        boolean restarted = !known.incarnation().equals(report.incarnation());
        if (restarted && known.retired().contains(report.incarnation())) {
            return new Decision.Replaced();
        }
        if (!restarted && report.sequence() <= known.sequence()) {
            return new Decision.Late();
        }
        var event = event(known, report, restarted);
        var before = new HashMap<Held, StoredSlot>();
        slots.forEach(slot -> before.put(slot.held(), slot));
        var gone = new HashMap<>(before);
        var written = new ArrayList<StoredSlot>();
        boolean routingChanged = false;
        for (var slot : report.slots()) {
            var was = before.get(new Held(slot.model(), slot.version()));
            // A new process has held nothing.
            var is = StoredSlot.after(restarted ? null : was, slot);
            gone.remove(is.held());
            if (!is.equals(was)) {
                written.add(is);
                routingChanged |= changesRouting(was, is, isElsewhere);
            }
        }
        for (var slot : gone.values()) {
            routingChanged |= slot.isServable();
        }
        return new Decision.Apply(
                event,
                List.copyOf(written),
                List.copyOf(gone.keySet()),
                event.isPresent() || routingChanged,
                restarted ? retire(known) : known.retired());
    }

    private static boolean changesRouting(@Nullable StoredSlot was, StoredSlot is, Predicate<Held> isElsewhere) {
        boolean wasServable = was != null && was.isServable();
        boolean wasReady = was != null && was.isReady();
        boolean hadFailed = was != null && was.isFailed();
        return wasServable != is.isServable()
                || (wasReady != is.isReady() && isElsewhere.test(is.held()))
                || (hadFailed != is.isFailed() && !isElsewhere.test(is.held()));
    }

    private static Optional<String> event(StoredWorker known, Report report, boolean restarted) {
        if (restarted) {
            return Optional.of("restarted");
        }
        if (!known.live()) {
            return Optional.of("returned");
        }
        if (known.draining() != report.draining()) {
            return Optional.of(report.draining() ? "draining" : "undrained");
        }
        if (!known.host().equals(report.host()) || known.port() != report.port()) {
            return Optional.of("moved");
        }
        return Optional.empty();
    }

    private static List<String> retire(StoredWorker known) {
        var retired = new ArrayList<String>();
        retired.add(known.incarnation());
        retired.addAll(known.retired());
        return retired.subList(0, Math.min(RETIRED_MAX, retired.size()));
    }

    private ReportPolicy() {}
}
