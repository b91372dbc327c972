package io.presage.registry.workers;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import io.presage.registry.workers.ReportPolicy.Decision;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ReportPolicyTest {
    private static final Report.Slot READY = new Report.Slot("m", 1, SlotState.READY, 10, null);
    private static final Report.Slot LOADING = new Report.Slot("m", 1, SlotState.LOADING, 0, null);
    private static final SlotState[] LOADING_THEN_READY = {
        SlotState.NEW, SlotState.FETCHING, SlotState.LOADING, SlotState.READY
    };
    private static final SlotState[] READY_EVICTED_AND_BACK = {
        SlotState.READY, SlotState.EVICTED, SlotState.FETCHING, SlotState.LOADING, SlotState.WARMING, SlotState.READY
    };

    private static Report report(String incarnation, long sequence, boolean draining, int port, Report.Slot... slots) {
        return new Report("w", incarnation, sequence, "host", port, draining, List.of(), 0, 0, 0, List.of(slots));
    }

    private static Optional<StoredWorker> stored(boolean live, boolean draining, String... retired) {
        return Optional.of(new StoredWorker("now", 5, List.of(retired), live, draining, "host", 1));
    }

    private static Decision.Apply applied(Optional<StoredWorker> stored, List<Report.Slot> slots, Report report) {
        var known = slots.stream().map(slot -> StoredSlot.after(null, slot)).toList();
        return (Decision.Apply) ReportPolicy.decide(stored, known, report, _ -> false);
    }

    /// The slot m/1 goes through `states`, one report each: for each the revision's step, `+` or `-`.
    private static String steps(boolean elsewhere, SlotState... states) {
        var known = stored(true, false);
        List<StoredSlot> slots = List.of();
        var steps = new StringBuilder();
        for (var state : states) {
            var report = report("now", 6, false, 1, new Report.Slot("m", 1, state, 0, null));
            var apply = (Decision.Apply) ReportPolicy.decide(known, slots, report, _ -> elsewhere);
            steps.append(apply.othersMustKnow() ? '+' : '-');
            if (!apply.written().isEmpty()) {
                slots = apply.written();
            }
        }
        return steps.toString();
    }

    private static String event(Optional<StoredWorker> stored, Report report) {
        var apply = applied(stored, List.of(), report);
        assertThat(apply.othersMustKnow()).isEqualTo(apply.event().isPresent());
        return apply.event().orElse("heartbeat");
    }

    @Test
    void events() {
        assertThat(event(Optional.empty(), report("now", 1, false, 1))).isEqualTo("joined");
        assertThat(event(stored(true, false), report("now", 6, false, 1))).isEqualTo("heartbeat");
        assertThat(event(stored(true, false), report("next", 1, false, 1))).isEqualTo("restarted");
        assertThat(event(stored(false, false), report("now", 6, false, 1))).isEqualTo("returned");
        assertThat(event(stored(true, false), report("now", 6, true, 1))).isEqualTo("draining");
        assertThat(event(stored(true, true), report("now", 6, false, 1))).isEqualTo("undrained");
        assertThat(event(stored(true, false), report("now", 6, false, 2))).isEqualTo("moved");
    }

    @Test
    void lateAndReplaced() {
        assertThat(ReportPolicy.decide(stored(true, false), List.of(), report("now", 5, true, 1), _ -> false))
                .isEqualTo(new Decision.Late());
        assertThat(ReportPolicy.decide(
                        stored(true, false, "before"), List.of(), report("before", 99, true, 1), _ -> false))
                .isEqualTo(new Decision.Replaced());
    }

    @Test
    void onlyReadyConcernsOthers() {
        var known = stored(true, false);
        var loading = new StoredSlot(LOADING, false);
        var ready = new StoredSlot(READY, false);
        assertThat(applied(known, List.of(), report("now", 6, false, 1, LOADING)))
                .isEqualTo(new Decision.Apply(Optional.empty(), List.of(loading), List.of(), false, List.of()));
        assertThat(applied(known, List.of(LOADING), report("now", 6, false, 1, READY)))
                .isEqualTo(new Decision.Apply(Optional.empty(), List.of(ready), List.of(), true, List.of()));
        assertThat(applied(known, List.of(READY), report("now", 6, false, 1)))
                .isEqualTo(new Decision.Apply(Optional.empty(), List.of(), List.of(ready.held()), true, List.of()));
        assertThat(applied(known, List.of(LOADING), report("now", 6, false, 1)))
                .isEqualTo(new Decision.Apply(Optional.empty(), List.of(), List.of(ready.held()), false, List.of()));
        assertThat(applied(known, List.of(READY), report("now", 6, false, 1, READY)))
                .isEqualTo(new Decision.Apply(Optional.empty(), List.of(), List.of(), false, List.of()));
    }

    @Test
    void evictionAndReload_ofAnOnlyReplica_isNobodysConcern() {
        assertThat(steps(false, LOADING_THEN_READY)).isEqualTo("---+");
        assertThat(steps(false, READY_EVICTED_AND_BACK)).isEqualTo("+-----");
    }

    @Test
    void evictionAndReload_besideAnotherReplica_movesCalls() {
        assertThat(steps(true, READY_EVICTED_AND_BACK)).isEqualTo("++---+");
    }

    @Test
    void reloadThatFails_endsIt() {
        assertThat(steps(false, SlotState.READY, SlotState.EVICTED, SlotState.LOADING, SlotState.FAILED))
                .isEqualTo("+--+");
        assertThat(steps(false, SlotState.EVICTED, SlotState.DRAINING)).isEqualTo("++");
    }

    @Test
    void firstLoadThatFails_isToldToThoseWhoWait() {
        assertThat(steps(false, SlotState.LOADING, SlotState.FAILED, SlotState.LOADING, SlotState.READY))
                .isEqualTo("-+++");
        assertThat(steps(true, SlotState.LOADING, SlotState.FAILED, SlotState.LOADING))
                .isEqualTo("---");
    }

    @Test
    void newProcess_hasHeldNothing() {
        var evicted = new Report.Slot("m", 1, SlotState.EVICTED, 0, null);
        var apply = applied(stored(true, false), List.of(evicted), report("next", 1, false, 1, LOADING));
        assertThat(apply.written()).containsExactly(new StoredSlot(LOADING, false));
    }

    @Test
    void retiredIncarnations_areRemembered_latestFirst_upToEight() {
        var known = stored(true, false, "1", "2", "3", "4", "5", "6", "7", "8");
        assertThat(applied(known, List.of(), report("next", 1, false, 1)).retired())
                .containsExactly("now", "1", "2", "3", "4", "5", "6", "7");
    }
}
