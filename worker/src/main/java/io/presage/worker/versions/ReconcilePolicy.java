package io.presage.worker.versions;

import io.presage.contract.state.DesiredState;
import io.presage.contract.state.DesiredState.Assignment;
import io.presage.contract.state.DesiredState.Validation;
import io.presage.contract.state.SlotState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What to do next so that what is becomes what should be. Pure: from a desired snapshot and a view of the
/// slots to actions, each of which is legal at once. Called again after each of them took effect.
///
/// What is missing from the snapshot goes: a loaded version keeps taking calls for the grace, because gateways
/// follow a little later, then takes none, waits for its leases, and is unloaded. A version that is wanted
/// again within the grace simply goes on. What calls wait for goes first and has a place of its own; then
/// assignments, in the snapshot's order; then validations. What was evicted stays so until a call asks for it.
final class ReconcilePolicy {
    private ReconcilePolicy() {}

    /// @param isBusy a loader or unloader works on it
    /// @param sinceNanos when it came into its state
    /// @param notBeforeNanos of the next attempt to fetch it
    /// @param isOpen takes calls
    /// @param isDemanded calls wait for it
    record SlotView(
            VersionKey key,
            String sha256,
            SlotState state,
            boolean isBusy,
            long sinceNanos,
            long notBeforeNanos,
            boolean isOpen,
            int leases,
            boolean isDemanded) {}

    /// @param isBusy a loader works on it
    /// @param isDone its result is known
    record ValidationView(String id, boolean isBusy, boolean isDone, long notBeforeNanos) {}

    /// @param loadingMax loads and validations at a time; one more for what calls wait for
    /// @param failedRetryNanos after that a FAILED version is tried again from the start
    record Limits(int loadingMax, long drainGraceNanos, long failedRetryNanos) {}

    sealed interface Action {
        /// A slot for an assignment that has none.
        record Create(Assignment assignment) implements Action {}

        /// Hands an idle slot to a loader.
        record Load(VersionKey key) implements Action {}

        /// Forgets a slot that holds nothing.
        record Discard(VersionKey key) implements Action {}

        /// Forgets a FAILED slot and begins anew.
        record Renew(Assignment assignment) implements Action {}

        record Drain(VersionKey key) implements Action {}

        record Resume(VersionKey key) implements Action {}

        /// The grace is over: no new calls.
        record Refuse(VersionKey key) implements Action {}

        /// Nobody holds it any more.
        record Unload(VersionKey key) implements Action {}

        record Validate(Validation validation) implements Action {}

        /// Forgets the result of a validation that is no longer asked for.
        record Forget(String validationId) implements Action {}
    }

    /// `pauseEndNanos`: until then only what calls wait for is loaded, and nothing is validated.
    static List<Action> decide(
            DesiredState desired,
            List<SlotView> slots,
            List<ValidationView> validations,
            long nowNanos,
            long pauseEndNanos,
            Limits limits) {
        var actions = new ArrayList<Action>();
        var wanted = new HashMap<VersionKey, Assignment>();
        for (var assignment : desired.assignments()) {
            wanted.put(new VersionKey(assignment.model(), assignment.version()), assignment);
        }
        var present = new HashMap<VersionKey, SlotView>();
        int busy = 0;
        for (var slot : slots) {
            present.put(slot.key(), slot);
            busy += slot.isBusy() && isLoading(slot.state()) ? 1 : 0;
            settle(slot, wanted.get(slot.key()), nowNanos, limits, actions);
        }
        for (var validation : validations) {
            busy += validation.isBusy() ? 1 : 0;
        }
        int room = limits.loadingMax() - busy;
        var loads = new ArrayList<Action>();
        var background = new ArrayList<Action>();
        for (var assignment : desired.assignments()) {
            var key = new VersionKey(assignment.model(), assignment.version());
            var slot = present.get(key);
            if (slot == null) {
                actions.add(new Action.Create(assignment));
            } else if (slot.sha256().equals(assignment.sha256()) && isDue(slot, nowNanos)) {
                (slot.isDemanded() ? loads : background).add(new Action.Load(key));
            }
        }
        int demanded = Math.min(loads.size(), Math.max(0, room + 1));
        actions.addAll(loads.subList(0, demanded));
        room -= demanded;
        room = pauseEndNanos - nowNanos > 0 ? 0 : room;
        int others = Math.min(background.size(), Math.max(0, room));
        actions.addAll(background.subList(0, others));
        room -= others;
        validate(desired, validations, nowNanos, room, actions);
        return actions;
    }

    private static boolean isDue(SlotView slot, long nowNanos) {
        return !slot.isBusy()
                && slot.notBeforeNanos() - nowNanos <= 0
                && switch (slot.state()) {
                    case NEW, FETCHING -> true;
                    case EVICTED -> slot.isDemanded();
                    case LOADING, WARMING, READY, DRAINING, UNLOADED, FAILED -> false;
                };
    }

    private static boolean isLoading(SlotState state) {
        return state == SlotState.FETCHING || state == SlotState.LOADING || state == SlotState.WARMING;
    }

    private static void settle(
            SlotView slot, @Nullable Assignment assignment, long nowNanos, Limits limits, List<Action> actions) {
        if (slot.isBusy()) {
            return;
        }
        // Versions never change: another digest under the same name means that the old one has to go first.
        var wanted = assignment != null && assignment.sha256().equals(slot.sha256()) ? assignment : null;
        switch (slot.state()) {
            case NEW, FETCHING, EVICTED -> {
                if (wanted == null) {
                    actions.add(new Action.Discard(slot.key()));
                }
            }
            case FAILED -> {
                if (wanted == null) {
                    actions.add(new Action.Discard(slot.key()));
                } else if (nowNanos - slot.sinceNanos() >= limits.failedRetryNanos()) {
                    actions.add(new Action.Renew(wanted));
                }
            }
            case READY -> {
                if (wanted == null) {
                    actions.add(new Action.Drain(slot.key()));
                }
            }
            case DRAINING -> {
                if (slot.isOpen() && wanted != null) {
                    actions.add(new Action.Resume(slot.key()));
                } else if (slot.isOpen() && nowNanos - slot.sinceNanos() >= limits.drainGraceNanos()) {
                    actions.add(new Action.Refuse(slot.key()));
                } else if (!slot.isOpen() && slot.leases() == 0) {
                    actions.add(new Action.Unload(slot.key()));
                }
            }
            case LOADING, WARMING, UNLOADED -> {}
        }
    }

    private static void validate(
            DesiredState desired, List<ValidationView> validations, long nowNanos, int room, List<Action> actions) {
        Map<String, ValidationView> known = new HashMap<>();
        validations.forEach(validation -> known.put(validation.id(), validation));
        var asked = new HashSet<String>();
        int left = room;
        for (var validation : desired.validations()) {
            asked.add(validation.id());
            var view = known.get(validation.id());
            var isDue = view == null || (!view.isBusy() && !view.isDone() && view.notBeforeNanos() - nowNanos <= 0);
            if (left > 0 && isDue) {
                actions.add(new Action.Validate(validation));
                left--;
            }
        }
        for (var validation : validations) {
            if (!validation.isBusy() && !asked.contains(validation.id())) {
                actions.add(new Action.Forget(validation.id()));
            }
        }
    }
}
