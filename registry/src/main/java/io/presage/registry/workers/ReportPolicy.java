package io.presage.registry.workers;

import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

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
        /// @param slotsChanged whether slot rows have to be written
        /// @param othersMustKnow whether the revision has to grow
        /// @param retired the incarnations that are no longer listened to
        record Apply(Optional<String> event, boolean slotsChanged, boolean othersMustKnow, List<String> retired)
                implements Decision {}
    }

    static Decision decide(Optional<StoredWorker> stored, List<Report.Slot> slots, Report report) {
        if (stored.isEmpty()) {
            return new Decision.Apply(Optional.of("joined"), true, true, List.of());
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
        boolean readyChanged = !ready(slots).equals(ready(report.slots()));
        return new Decision.Apply(
                event,
                !new HashSet<>(slots).equals(new HashSet<>(report.slots())),
                event.isPresent() || readyChanged,
                restarted ? retire(known) : known.retired());
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

    private record Held(String model, int version) {}

    private static Set<Held> ready(List<Report.Slot> slots) {
        return slots.stream()
                .filter(slot -> slot.state() == SlotState.READY)
                .map(slot -> new Held(slot.model(), slot.version()))
                .collect(Collectors.toUnmodifiableSet());
    }

    private ReportPolicy() {}
}
