package io.presage.worker.versions;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.DesiredState;
import io.presage.contract.state.DesiredState.Assignment;
import io.presage.contract.state.DesiredState.Validation;
import io.presage.contract.state.SlotState;
import io.presage.worker.versions.ReconcilePolicy.Action;
import io.presage.worker.versions.ReconcilePolicy.Limits;
import io.presage.worker.versions.ReconcilePolicy.SlotView;
import io.presage.worker.versions.ReconcilePolicy.ValidationView;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReconcilePolicyTest {
    private static final Limits LIMITS = new Limits(1, 100, 1000);
    private static final Assignment A = new Assignment("a", 1, "sha-a", 10);
    private static final Assignment B = new Assignment("b", 1, "sha-b", 10);
    private static final VersionKey KEY_A = new VersionKey("a", 1);
    private static final VersionKey KEY_B = new VersionKey("b", 1);
    private static final Validation V = new Validation("v", "c", 1, "sha-c", 10);

    private static SlotView slot(VersionKey key, SlotState state, boolean isBusy) {
        return new SlotView(key, "sha-" + key.model(), state, isBusy, 0, 0, true, 0, false);
    }

    private static List<Action> decide(List<Assignment> wanted, long now, SlotView... slots) {
        return ReconcilePolicy.decide(
                new DesiredState(1, wanted, List.of()), List.of(slots), List.of(), now, now, LIMITS);
    }

    @Test
    void newAssignment_getsASlot() {
        assertThat(decide(List.of(A), 0)).containsExactly(new Action.Create(A));
    }

    @Test
    void loads_areAtMostTheBound_inTheSnapshotsOrder() {
        assertThat(decide(List.of(B, A), 0, slot(KEY_A, SlotState.NEW, false), slot(KEY_B, SlotState.NEW, false)))
                .containsExactly(new Action.Load(KEY_B));
        assertThat(decide(List.of(A, B), 0, slot(KEY_A, SlotState.LOADING, true), slot(KEY_B, SlotState.NEW, false)))
                .isEmpty();
    }

    @Test
    void retry_waitsForItsTime() {
        var waiting = new SlotView(KEY_A, "sha-a", SlotState.FETCHING, false, 0, 50, true, 0, false);
        assertThat(decide(List.of(A), 49, waiting)).isEmpty();
        assertThat(decide(List.of(A), 50, waiting)).containsExactly(new Action.Load(KEY_A));
    }

    @Test
    void whatIsMissingFromTheSnapshot_goes() {
        assertThat(decide(List.of(), 0, slot(KEY_A, SlotState.NEW, false))).containsExactly(new Action.Discard(KEY_A));
        assertThat(decide(List.of(), 0, slot(KEY_A, SlotState.FAILED, false)))
                .containsExactly(new Action.Discard(KEY_A));
        assertThat(decide(List.of(), 0, slot(KEY_A, SlotState.READY, false))).containsExactly(new Action.Drain(KEY_A));
        assertThat(decide(List.of(), 0, slot(KEY_A, SlotState.LOADING, true))).isEmpty();
    }

    @Test
    void otherDigestUnderTheSameName_goesFirst() {
        var other = new Assignment("a", 1, "sha-other", 10);
        assertThat(decide(List.of(other), 0, slot(KEY_A, SlotState.READY, false)))
                .containsExactly(new Action.Drain(KEY_A));
    }

    @Test
    void draining_servesThroughItsGrace_thenRefuses_thenWaitsForLeases() {
        var open = slot(KEY_A, SlotState.DRAINING, false);
        assertThat(decide(List.of(), 99, open)).isEmpty();
        assertThat(decide(List.of(), 100, open)).containsExactly(new Action.Refuse(KEY_A));
        var held = new SlotView(KEY_A, "sha-a", SlotState.DRAINING, false, 0, 0, false, 1, false);
        assertThat(decide(List.of(), 500, held)).isEmpty();
        var free = new SlotView(KEY_A, "sha-a", SlotState.DRAINING, false, 0, 0, false, 0, false);
        assertThat(decide(List.of(), 500, free)).containsExactly(new Action.Unload(KEY_A));
    }

    @Test
    void wantedAgainWithinTheGrace_goesOn_andAfterItIsLoadedAnew() {
        assertThat(decide(List.of(A), 50, slot(KEY_A, SlotState.DRAINING, false)))
                .containsExactly(new Action.Resume(KEY_A));
        var shut = new SlotView(KEY_A, "sha-a", SlotState.DRAINING, false, 0, 0, false, 0, false);
        assertThat(decide(List.of(A), 500, shut)).containsExactly(new Action.Unload(KEY_A));
    }

    @Test
    void failed_isTriedAgainAfterAWhile() {
        assertThat(decide(List.of(A), 999, slot(KEY_A, SlotState.FAILED, false)))
                .isEmpty();
        assertThat(decide(List.of(A), 1000, slot(KEY_A, SlotState.FAILED, false)))
                .containsExactly(new Action.Renew(A));
    }

    @Test
    void evicted_staysSo_untilACallAsks() {
        var quiet = slot(KEY_A, SlotState.EVICTED, false);
        assertThat(decide(List.of(A), 0, quiet)).isEmpty();
        assertThat(decide(List.of(), 0, quiet)).containsExactly(new Action.Discard(KEY_A));
        assertThat(decide(List.of(A), 0, demanded(KEY_A, SlotState.EVICTED, 0)))
                .containsExactly(new Action.Load(KEY_A));
        assertThat(decide(List.of(A), 49, demanded(KEY_A, SlotState.EVICTED, 50)))
                .isEmpty();
    }

    @Test
    void whatCallsWaitFor_goesFirst_andHasAPlaceOfItsOwn() {
        assertThat(decide(List.of(A, B), 0, slot(KEY_A, SlotState.NEW, false), demanded(KEY_B, SlotState.EVICTED, 0)))
                .containsExactly(new Action.Load(KEY_B));
        assertThat(decide(
                        List.of(A, B), 0, slot(KEY_A, SlotState.LOADING, true), demanded(KEY_B, SlotState.EVICTED, 0)))
                .containsExactly(new Action.Load(KEY_B));
        assertThat(decide(
                        List.of(A, B),
                        0,
                        new SlotView(KEY_A, "sha-a", SlotState.LOADING, true, 0, 0, true, 0, true),
                        demanded(KEY_B, SlotState.EVICTED, 0)))
                .containsExactly(new Action.Load(KEY_B));
    }

    private static SlotView demanded(VersionKey key, SlotState state, long notBefore) {
        return new SlotView(key, "sha-" + key.model(), state, false, 0, notBefore, true, 0, true);
    }

    @Test
    void pause_isForWhatNobodyWaitsFor() {
        var desired = new DesiredState(1, List.of(A, B), List.of(V));
        var slots = List.of(slot(KEY_A, SlotState.NEW, false), demanded(KEY_B, SlotState.EVICTED, 0));
        assertThat(ReconcilePolicy.decide(desired, slots, List.of(), 10, 11, LIMITS))
                .containsExactly(new Action.Load(KEY_B));
        slots = List.of(slot(KEY_A, SlotState.NEW, false), slot(KEY_B, SlotState.READY, false));
        assertThat(ReconcilePolicy.decide(desired, slots, List.of(), 10, 11, LIMITS))
                .isEmpty();
        assertThat(ReconcilePolicy.decide(desired, slots, List.of(), 11, 11, LIMITS))
                .containsExactly(new Action.Load(KEY_A));
    }

    @Test
    void validations_comeAfterAssignments_once() {
        var both = new DesiredState(1, List.of(A), List.of(V));
        assertThat(ReconcilePolicy.decide(both, List.of(slot(KEY_A, SlotState.NEW, false)), List.of(), 0, 0, LIMITS))
                .containsExactly(new Action.Load(KEY_A));
        assertThat(ReconcilePolicy.decide(both, List.of(slot(KEY_A, SlotState.READY, false)), List.of(), 0, 0, LIMITS))
                .containsExactly(new Action.Validate(V));
        var done = new ValidationView("v", false, true, 0);
        assertThat(ReconcilePolicy.decide(
                        both, List.of(slot(KEY_A, SlotState.READY, false)), List.of(done), 0, 0, LIMITS))
                .isEmpty();
        assertThat(ReconcilePolicy.decide(
                        new DesiredState(2, List.of(), List.of()), List.of(), List.of(done), 0, 0, LIMITS))
                .containsExactly(new Action.Forget("v"));
    }
}
