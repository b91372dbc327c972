package io.presage.worker.versions;

import io.presage.contract.state.DesiredState.Assignment;
import io.presage.contract.state.Failure;
import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import io.presage.worker.engine.LoadedModel;
import java.util.Optional;
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
    private @Nullable LoadedModel root;
    private @Nullable Failure crash;
    private @Nullable Former former;
    private @Nullable String refusal;

    /// What it was when it was last in memory here.
    ///
    /// @param evictedNanos when it last gave its memory away
    record Former(DormantVersion version, LoadRequest.Known known, long loadNanos, long evictedNanos) {}

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

    long sinceNanos() {
        return sinceNanos;
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

    void ready(LoadedVersion loaded, long nowNanos) {
        transition(SlotEvent.SERVE, nowNanos);
        var version = loaded.served();
        served = version;
        root = loaded.root();
        var known = new LoadRequest.Known(loaded.cost(), loaded.tuning(), version.memoryBytes());
        former = new Former(DormantVersion.of(version), known, loaded.loadNanos(), nowNanos);
        attempts = 0;
        idle();
    }

    /// Why it will never run again, if it is in memory and will not.
    Optional<Failure> broken() {
        var model = root;
        return state == SlotState.READY && model != null ? model.failure() : Optional.empty();
    }

    /// It will never run again, for `why`; once nobody holds it, it is closed and FAILED.
    void crashed(Failure why, long nowNanos) {
        transition(SlotEvent.DRAIN, nowNanos);
        crash = why;
    }

    @Nullable
    Failure crash() {
        return crash;
    }

    /// Null before it was Ready for the first time.
    @Nullable
    Former former() {
        return former;
    }

    /// True when a call may wait for it: it was Ready here, and is to be again.
    boolean isDormant() {
        return former != null && served == null;
    }

    /// Gives up its memory. What it gives back is the caller's to close.
    ServedVersion evicted(long nowNanos) {
        var version = served;
        var was = former;
        if (version == null || was == null) {
            throw new IllegalStateException(key() + ": evicted while not in memory. This is a bug.");
        }
        transition(SlotEvent.EVICT, nowNanos);
        served = null;
        root = null;
        former = new Former(was.version(), was.known(), was.loadNanos(), nowNanos);
        notBeforeNanos = nowNanos;
        return version;
    }

    /// There was no memory for it; before `nanos` there is no use in asking again. With a `refusal` nobody may
    /// wait
    /// for it until then.
    void roomless(long nanos, @Nullable String refusal, long nowNanos) {
        if (isDormant()) {
            transition(SlotEvent.EVICT, nowNanos);
            attempts = 0;
        }
        notBeforeNanos = nanos;
        this.refusal = refusal;
        idle();
    }

    /// Why calls that wait for it are refused now; null when they may wait.
    @Nullable
    String refusal(long nowNanos) {
        return notBeforeNanos - nowNanos > 0 ? refusal : null;
    }

    /// Memory came free: it need not wait any longer.
    void hurry(long nowNanos) {
        if (!isBusy && notBeforeNanos - nowNanos > 0) {
            notBeforeNanos = nowNanos;
        }
    }

    long notBeforeNanos() {
        return notBeforeNanos;
    }

    boolean isBusy() {
        return isBusy;
    }

    @Nullable
    Failure failure() {
        return state == SlotState.FAILED ? failure : null;
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
        served = null;
        root = null;
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

    /// `isDemanded`: calls wait for it.
    ReconcilePolicy.SlotView view(boolean isDemanded) {
        return new ReconcilePolicy.SlotView(
                key(),
                assignment.sha256(),
                state,
                isBusy,
                sinceNanos,
                notBeforeNanos,
                served == null || !served.isClosed(),
                served == null ? 0 : served.leases(),
                isDemanded);
    }

    Report.Slot report() {
        return new Report.Slot(
                assignment.model(), assignment.version(), state, served == null ? 0 : served.memoryBytes(), failure());
    }
}
