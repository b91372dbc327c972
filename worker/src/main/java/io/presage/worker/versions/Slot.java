package io.presage.worker.versions;

import io.presage.contract.state.DesiredState.Assignment;
import io.presage.contract.state.Failure;
import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import org.jspecify.annotations.Nullable;

/// One version in this worker, from the first assignment to the unload. Guarded by the lock of [Versions].
final class Slot {
    private final Assignment assignment;
    private SlotState state = SlotState.NEW;
    private long sinceNanos;
    private boolean isBusy;
    private int attempts;
    private long notBeforeNanos;
    private @Nullable Failure failure;
    private @Nullable ServedVersion served;

    Slot(Assignment assignment, long nowNanos) {
        this.assignment = assignment;
        this.sinceNanos = nowNanos;
        this.notBeforeNanos = nowNanos;
    }

    Assignment assignment() {
        return assignment;
    }

    VersionKey key() {
        return new VersionKey(assignment.model(), assignment.version());
    }

    SlotState state() {
        return state;
    }

    @Nullable
    ServedVersion served() {
        return served;
    }

    int attempts() {
        return attempts;
    }

    /// A loader has it, or an unloader.
    void busy() {
        isBusy = true;
    }

    void idle() {
        isBusy = false;
    }

    void fetching(long nowNanos) {
        transition(SlotEvent.FETCH, nowNanos);
        attempts++;
        busy();
    }

    void loading(long nowNanos) {
        transition(SlotEvent.LOAD, nowNanos);
    }

    void warming(long nowNanos) {
        transition(SlotEvent.WARM, nowNanos);
    }

    void ready(ServedVersion version, long nowNanos) {
        transition(SlotEvent.SERVE, nowNanos);
        served = version;
        attempts = 0;
        idle();
    }

    /// The attempt failed for a reason outside the version: back to fetching, idle until then.
    void retryAt(long nanos, long nowNanos) {
        if (state != SlotState.FETCHING) {
            throw new IllegalStateException(key() + ": retry in state " + state + ". This is a bug.");
        }
        sinceNanos = nowNanos;
        notBeforeNanos = nanos;
        idle();
    }

    void failed(Failure why, long nowNanos) {
        transition(SlotEvent.FAIL, nowNanos);
        failure = why;
        idle();
    }

    void drain(long nowNanos) {
        transition(SlotEvent.DRAIN, nowNanos);
    }

    void resume(long nowNanos) {
        transition(SlotEvent.SERVE, nowNanos);
    }

    void unloaded(long nowNanos) {
        transition(SlotEvent.UNLOAD, nowNanos);
        served = null;
        idle();
    }

    private void transition(SlotEvent event, long nowNanos) {
        var from = state;
        state = SlotTransitions.next(from, event)
                .orElseThrow(() ->
                        new IllegalStateException(key() + ": " + event + " in state " + from + ". This is a bug."));
        sinceNanos = nowNanos;
    }

    ReconcilePolicy.SlotView view() {
        return new ReconcilePolicy.SlotView(
                key(),
                assignment.sha256(),
                state,
                isBusy,
                sinceNanos,
                notBeforeNanos,
                served == null || !served.isClosed(),
                served == null ? 0 : served.leases());
    }

    Report.Slot report() {
        return new Report.Slot(
                assignment.model(),
                assignment.version(),
                state,
                served == null ? 0 : served.memoryBytes(),
                state == SlotState.FAILED ? failure : null);
    }
}
