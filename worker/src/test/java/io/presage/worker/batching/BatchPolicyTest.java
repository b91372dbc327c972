package io.presage.worker.batching;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BatchPolicyTest {
    private record Call(int rows, long groupKey, long arrivalNanos, long deadlineNanos)
            implements BatchPolicy.Waiting {}

    private static Call call(int rows, long group, long arrival) {
        return new Call(rows, group, arrival, 1000);
    }

    @Test
    void nothingWaits_waitsForAnArrival() {
        var cut = BatchPolicy.cut(List.of(), 0, 8, 0);
        assertThat(cut.batch()).isEmpty();
        assertThat(cut.wakeNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void loneCall_withoutWindow_runsAtOnce() {
        assertThat(BatchPolicy.cut(List.of(call(1, 0, 10)), 10, 8, 0).batch()).containsExactly(0);
    }

    @Test
    void callsOfOneGroup_goTogether_othersWait() {
        var queue = List.of(call(1, 7, 0), call(1, 8, 1), call(1, 7, 2));
        assertThat(BatchPolicy.cut(queue, 5, 8, 0).batch()).containsExactly(0, 2);
    }

    @Test
    void callThatDoesNotFit_isNotOvertakenByASmallerOne() {
        var queue = List.of(call(3, 0, 0), call(3, 0, 1), call(1, 0, 2));
        assertThat(BatchPolicy.cut(queue, 5, 4, 0).batch()).containsExactly(0);
    }

    @Test
    void callWithMoreRowsThanABatch_runsAlone() {
        var queue = List.of(call(100, 0, 0), call(1, 0, 1));
        assertThat(BatchPolicy.cut(queue, 5, 4, 0).batch()).containsExactly(0);
    }

    @Test
    void lateCalls_areDropped_andDoNotLead() {
        var queue = List.of(new Call(1, 7, 0, 5), call(1, 8, 1), new Call(1, 8, 2, 4));
        var cut = BatchPolicy.cut(queue, 5, 8, 0);
        assertThat(cut.expired()).containsExactly(0, 2);
        assertThat(cut.batch()).containsExactly(1);
    }

    @Test
    void window_isCountedFromTheLeadersArrival() {
        var queue = List.of(call(1, 0, 10), call(1, 0, 40));
        assertThat(BatchPolicy.cut(queue, 50, 8, 100).wakeNanos()).isEqualTo(110);
        assertThat(BatchPolicy.cut(queue, 50, 8, 100).batch()).isEmpty();
        assertThat(BatchPolicy.cut(queue, 110, 8, 100).batch()).containsExactly(0, 1);
    }

    @Test
    void fullBatch_doesNotWaitForItsWindow() {
        var queue = List.of(call(1, 0, 10), call(1, 0, 40));
        assertThat(BatchPolicy.cut(queue, 50, 2, 100).batch()).containsExactly(0, 1);
    }

    @Test
    void window_isCutShortByADeadline() {
        var queue = List.of(new Call(1, 0, 10, 60));
        assertThat(BatchPolicy.cut(queue, 20, 8, 100).batch()).containsExactly(0);
    }
}
