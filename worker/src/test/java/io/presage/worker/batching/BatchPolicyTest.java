package io.presage.worker.batching;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BatchPolicyTest {
    private static final CostLine.Line FREE = new CostLine.Line(0, 0);
    private static final int TOKENS_MAX = 4096;

    private record Call(
            int rows,
            int length,
            long bytes,
            long groupKey,
            Priority priority,
            long arrivalNanos,
            long deadlineNanos,
            boolean isAbandoned)
            implements BatchPolicy.Waiting {
        @Override
        public int unitsPerRow() {
            return Math.max(1, length);
        }

        Call of(Priority other) {
            return new Call(rows, length, bytes, groupKey, other, arrivalNanos, deadlineNanos, isAbandoned);
        }

        Call due(long nanos) {
            return new Call(rows, length, bytes, groupKey, priority, arrivalNanos, nanos, isAbandoned);
        }

        Call abandoned() {
            return new Call(rows, length, bytes, groupKey, priority, arrivalNanos, deadlineNanos, true);
        }
    }

    private static Call call(int rows, long group, long arrival) {
        return new Call(rows, 0, rows, group, Priority.NORMAL, arrival, 1_000_000, false);
    }

    private static Call text(int rows, int length) {
        return new Call(rows, length, 8L * rows * length, 0, Priority.NORMAL, 0, 1_000_000, false);
    }

    private static BatchLimits limits(int rowsMax, long windowNanos) {
        return new BatchLimits(rowsMax, TOKENS_MAX, 1 << 20, 256, 1 << 20, windowNanos);
    }

    private static BatchPolicy.Moment moment(long now, long turn, int lanes, long running, CostLine.Line line) {
        return new BatchPolicy.Moment(now, turn, lanes, running, line, true, new Arrivals(), 0, true);
    }

    private static BatchPolicy.Moment at(long now) {
        return moment(now, 0, 1, 0, FREE);
    }

    private static CallQueue<Call> queue(Call... calls) {
        var queue = new CallQueue<Call>();
        for (var call : calls) {
            queue.add(call);
        }
        return queue;
    }

    @Test
    void nothingWaits_waitsForAnArrival() {
        var cut = BatchPolicy.cut(queue(), limits(8, 0), at(0));
        assertThat(cut.batch()).isEmpty();
        assertThat(cut.wakeNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void loneCall_withoutWindow_runsAtOnce() {
        assertThat(BatchPolicy.cut(queue(call(1, 0, 10)), limits(8, 0), at(10)).batch())
                .containsExactly(0);
    }

    @Test
    void callsOfOneGroup_goTogether_othersWait() {
        var queue = queue(call(1, 7, 0), call(1, 8, 1), call(1, 7, 2));
        assertThat(BatchPolicy.cut(queue, limits(8, 0), at(5)).batch()).containsExactly(0, 2);
    }

    @Test
    void callThatDoesNotFit_isNotOvertakenByASmallerOne() {
        var queue = queue(call(3, 0, 0), call(3, 0, 1), call(1, 0, 2));
        assertThat(BatchPolicy.cut(queue, limits(4, 0), at(5)).batch()).containsExactly(0);
    }

    @Test
    void callWithMoreRowsThanABatch_runsAlone() {
        var queue = queue(call(100, 0, 0), call(1, 0, 1));
        assertThat(BatchPolicy.cut(queue, limits(4, 0), at(5)).batch()).containsExactly(0);
    }

    @Test
    void bytesMax_endsABatch() {
        var queue = queue(call(1, 0, 0), call(1, 0, 1), call(1, 0, 2));
        var limits = new BatchLimits(8, TOKENS_MAX, 2, 256, 1 << 20, 0);
        assertThat(BatchPolicy.cut(queue, limits, at(5)).batch()).containsExactly(0, 1);
    }

    @Test
    void lateAndAbandonedCalls_areDropped_andDoNotLead() {
        var queue = queue(
                call(1, 7, 0).due(4), call(1, 8, 1).due(5), call(1, 8, 2).abandoned(), call(1, 8, 3), call(1, 8, 4));
        var cut = BatchPolicy.cut(queue, limits(8, 0), at(5));
        assertThat(cut.dropped()).containsExactly(0, 1, 2);
        assertThat(cut.batch()).containsExactly(3, 4);
        assertThat(cut.removed()).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void onlyDeadCalls_areDropped() {
        var cut = BatchPolicy.cut(queue(call(1, 7, 0).due(4), call(1, 7, 0).abandoned()), limits(8, 0), at(5));
        assertThat(cut.dropped()).containsExactly(0, 1);
        assertThat(cut.batch()).isEmpty();
        assertThat(cut.wakeNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void window_isCountedFromTheLeadersArrival() {
        var queue = queue(call(1, 0, 10), call(1, 0, 40));
        var waiting = BatchPolicy.cut(queue, limits(8, 100), at(50));
        assertThat(waiting.wakeNanos()).isEqualTo(110);
        assertThat(waiting.batch()).isEmpty();
        assertThat(BatchPolicy.cut(queue, limits(8, 100), at(110)).batch()).containsExactly(0, 1);
    }

    @Test
    void window_ofAFullBatchOrAClosingVersion_isNotWaitedFor() {
        var queue = queue(call(1, 0, 10), call(1, 0, 40));
        assertThat(BatchPolicy.cut(queue, limits(2, 100), at(50)).batch()).containsExactly(0, 1);
        var closing = new BatchPolicy.Moment(50, 0, 1, 0, FREE, true, new Arrivals(), 0, false);
        assertThat(BatchPolicy.cut(queue, limits(8, 100), closing).batch()).containsExactly(0, 1);
    }

    @Test
    void window_isCutShortByADeadline() {
        assertThat(BatchPolicy.cut(queue(call(1, 0, 10).due(60)), limits(8, 100), at(20))
                        .batch())
                .containsExactly(0);
    }

    /// a = 10, b = 1000: padding of up to 99 tokens pays.
    @Test
    void texts_arePaddedAsFarAsItPays() {
        var line = new CostLine.Line(10, 1000);
        var queue = queue(text(1, 100), text(1, 250), text(1, 1), text(1, 150), text(1, 80));
        // 100 and 1: 99 of padding; 150 beside two rows of 100: 100; 80: 20.
        assertThat(BatchPolicy.cut(queue, limits(8, 0), moment(0, 0, 1, 0, line))
                        .batch())
                .containsExactly(0, 2, 4);
    }

    @Test
    void texts_stopAtTokensMax_butShorterOnesGoOn() {
        var line = new CostLine.Line(1, 1e9);
        var queue = queue(text(1, 1500), text(1, 2049), text(1, 1400));
        assertThat(BatchPolicy.cut(queue, limits(8, 0), moment(0, 0, 1, 0, line))
                        .batch())
                .containsExactly(0, 2);
    }

    @Test
    void batchIsFull_whenTheFixedCostIsSpreadThin() {
        var queue = queue(call(1, 0, 0), call(1, 0, 1), call(1, 0, 2), call(1, 0, 3));
        // b / (0.03 a) = 2
        var line = new CostLine.Line(1000, 60);
        assertThat(BatchPolicy.cut(queue, limits(8, 0), moment(5, 0, 1, 0, line))
                        .batch())
                .containsExactly(0, 1);
        var noGain = new CostLine.Line(1000, 1);
        assertThat(BatchPolicy.cut(queue, limits(8, 0), moment(5, 0, 1, 0, noGain))
                        .batch())
                .containsExactly(0);
    }

    @Test
    void unsureLine_isTriedOut() {
        var queue = queue(call(1, 0, 0), call(1, 0, 1), call(1, 0, 2), call(1, 0, 3));
        var noGain = new BatchPolicy.Moment(5, 6, 1, 0, new CostLine.Line(1000, 1), false, new Arrivals(), 0, true);
        assertThat(BatchPolicy.cut(queue, limits(8, 0), noGain).batch()).hasSize(2);
        var gain = new BatchPolicy.Moment(5, 14, 1, 0, new CostLine.Line(1, 1000), false, new Arrivals(), 0, true);
        assertThat(BatchPolicy.cut(queue, limits(8, 0), gain).batch()).hasSize(1);
    }

    @Test
    void laneTakesItsShare() {
        var queue = queue(call(1, 0, 0), call(1, 0, 1), call(1, 0, 2), call(1, 0, 3));
        assertThat(BatchPolicy.cut(queue, limits(8, 0), moment(5, 0, 2, 0, FREE))
                        .batch())
                .containsExactly(0, 1);
        assertThat(BatchPolicy.cut(queue, limits(8, 0), moment(5, 0, 2, 4, FREE))
                        .batch())
                .containsExactly(0, 1, 2, 3);
    }

    @Test
    void priorities_goFirst_butReservedTurnsAreLedByOthers() {
        var queue = queue(
                call(1, 0, 0).of(Priority.LOW),
                call(1, 0, 1),
                call(1, 0, 2).of(Priority.HIGH),
                call(1, 0, 3).of(Priority.HIGH));
        assertThat(queue.get(0).arrivalNanos()).isEqualTo(2);
        assertThat(BatchPolicy.cut(queue, limits(1, 0), moment(5, 0, 1, 0, FREE))
                        .batch())
                .containsExactly(0);
        assertThat(BatchPolicy.cut(queue, limits(1, 0), moment(5, 3, 1, 0, FREE))
                        .batch())
                .containsExactly(2);
        assertThat(BatchPolicy.cut(queue, limits(1, 0), moment(5, 15, 1, 0, FREE))
                        .batch())
                .containsExactly(3);
        // Company: its own kind, then from the front.
        assertThat(BatchPolicy.cut(queue, limits(3, 0), moment(5, 3, 1, 0, FREE))
                        .batch())
                .containsExactly(0, 2, 3);
    }

    @Test
    void earlierDeadline_goesFirst() {
        var queue = queue(
                call(1, 0, 0).due(900), call(1, 0, 1).due(800), call(1, 0, 2).due(900));
        assertThat(queue.get(0).arrivalNanos()).isEqualTo(1);
        assertThat(queue.get(1).arrivalNanos()).isZero();
    }

    /// a = 10, b = 1000, an arrival each 100: two rows may wait for a third (3 * 100 + 20 < 1000), twelve may
    /// not.
    @Test
    void learnedWindow_waitsWhileItPays() {
        var arrivals = new Arrivals();
        for (int i = 0; i < 400; i++) {
            arrivals.arrived(1, i * 100L);
        }
        long now = 39_900;
        var line = new CostLine.Line(10, 1000);
        var moment = new BatchPolicy.Moment(now, 0, 1, 0, line, true, arrivals, now - 50, true);
        var cut = BatchPolicy.cut(queue(call(1, 0, now), call(1, 0, now)), limits(64, -1), moment);
        assertThat(cut.batch()).isEmpty();
        assertThat(cut.wakeNanos()).isEqualTo(now + 980 / 3);

        var twelve = new Call[12];
        java.util.Arrays.fill(twelve, call(1, 0, now));
        assertThat(BatchPolicy.cut(queue(twelve), limits(64, -1), moment).batch())
                .hasSize(12);
    }

    @Test
    void learnedWindow_waitsForThoseWhoWereJustAnswered() {
        var arrivals = new Arrivals();
        for (int i = 0; i < 200; i++) {
            arrivals.answered(16, i * 10_000L);
            arrivals.arrived(16, i * 10_000L + 50);
        }
        arrivals.answered(16, 2_000_000);
        var line = new CostLine.Line(10, 1000);
        var waiting = new Call[16];
        java.util.Arrays.fill(waiting, call(1, 0, 1_999_000).due(9_000_000));
        var moment = new BatchPolicy.Moment(2_000_000, 0, 1, 0, line, true, arrivals, 2_000_000, true);
        assertThat(BatchPolicy.cut(queue(waiting), limits(64, -1), moment).wakeNanos())
                .isEqualTo(2_000_100);

        arrivals.arrived(16, 2_000_050);
        assertThat(BatchPolicy.cut(queue(waiting), limits(64, -1), moment).batch())
                .hasSize(16);
    }

    /// Eight callers who were answered at 2,000,000, three of them back at 2,000,050, all usually by 2,000,100.
    private static Arrivals eightAnswered() {
        var arrivals = new Arrivals();
        for (int i = 0; i < 200; i++) {
            arrivals.answered(8, i * 10_000L);
            arrivals.arrived(8, i * 10_000L + 100);
        }
        arrivals.answered(8, 2_000_000);
        arrivals.arrived(3, 2_000_050);
        return arrivals;
    }

    private static CallQueue<Call> threeBack() {
        return queue(
                call(1, 0, 2_000_050).due(9_000_000),
                call(1, 0, 2_000_050).due(9_000_000),
                call(1, 0, 2_000_050).due(9_000_000));
    }

    private static CallQueue<Call> sevenBack() {
        var queue = threeBack();
        for (int i = 0; i < 4; i++) {
            queue.add(call(1, 0, 2_000_050).due(9_000_000));
        }
        return queue;
    }

    /// Two lanes, eight rows running on the other.
    private static BatchPolicy.Moment besideEight(CostLine.Line line, Arrivals arrivals) {
        return new BatchPolicy.Moment(2_000_050, 0, 2, 8, line, true, arrivals, 2_000_000, true);
    }

    /// a = 1000, b = 1000: for a row more by itself, nobody would wait.
    @Test
    void laneWaitsForTheRestOfItsShare() {
        var line = new CostLine.Line(1000, 1000);
        var cut = BatchPolicy.cut(threeBack(), limits(64, -1), besideEight(line, eightAnswered()));
        assertThat(cut.batch()).isEmpty();
        assertThat(cut.wakeNanos()).isEqualTo(2_000_200);
        assertThat(cut.wakeUnits()).isEqualTo(8);
    }

    @Test
    void laneDoesNotWait_whenTheRestIsBackOrUnknown() {
        var line = new CostLine.Line(1000, 1000);
        var back = eightAnswered();
        back.arrived(5, 2_000_050);
        assertThat(BatchPolicy.cut(threeBack(), limits(64, -1), besideEight(line, back))
                        .batch())
                .hasSize(3);
        assertThat(BatchPolicy.cut(threeBack(), limits(64, -1), besideEight(line, new Arrivals()))
                        .batch())
                .hasSize(3);
    }

    /// Seven of eight are here: the last one would bear 150 / 8, and is expected in 50.
    @Test
    void laneDoesNotWait_longerThanItsShareSaves() {
        var line = new CostLine.Line(50, 150);
        var arrivals = eightAnswered();
        arrivals.arrived(4, 2_000_050);
        assertThat(BatchPolicy.cut(sevenBack(), limits(64, -1), besideEight(line, arrivals))
                        .batch())
                .hasSize(7);
        assertThat(BatchPolicy.cut(threeBack(), limits(64, -1), besideEight(line, eightAnswered()))
                        .batch())
                .isEmpty();
    }

    /// Seven of eight are here, and the last one is expected in 10: it would bear 50 of 8,400.
    @Test
    void laneDoesNotWait_whenItSavesNextToNothing() {
        var arrivals = eightAnswered();
        arrivals.arrived(4, 2_000_050);
        var dear = new BatchPolicy.Moment(
                2_000_090, 0, 2, 8, new CostLine.Line(1000, 400), true, arrivals, 2_000_000, true);
        assertThat(BatchPolicy.cut(sevenBack(), limits(64, -1), dear).batch()).hasSize(7);
        var cheap = new BatchPolicy.Moment(
                2_000_090, 0, 2, 8, new CostLine.Line(100, 400), true, arrivals, 2_000_000, true);
        assertThat(BatchPolicy.cut(sevenBack(), limits(64, -1), cheap).batch()).isEmpty();
    }

    /// They are away for 100, more than three quarters of b = 120.
    @Test
    void laneDoesNotWait_forThoseWhoAreLongAway() {
        assertThat(BatchPolicy.cut(
                                threeBack(), limits(64, -1), besideEight(new CostLine.Line(40, 120), eightAnswered()))
                        .batch())
                .hasSize(3);
    }

    /// A fourth one would bear 150 / 4, and is expected in 50.
    @Test
    void laneDoesNotWait_forMoreThanABatchTakes() {
        var line = new CostLine.Line(50, 150);
        assertThat(BatchPolicy.cut(threeBack(), limits(4, -1), besideEight(line, eightAnswered()))
                        .batch())
                .hasSize(3);
    }

    /// What would not go with the leader is work enough for the next run.
    @Test
    void laneDoesNotWait_whileOthersAreLeftInTheQueue() {
        var line = new CostLine.Line(1000, 1000);
        var queue = threeBack();
        queue.add(call(1, 7, 2_000_050).due(9_000_000));
        assertThat(BatchPolicy.cut(queue, limits(64, -1), besideEight(line, eightAnswered()))
                        .batch())
                .hasSize(3);
    }

    @Test
    void laneDoesNotWait_pastADeadline() {
        var line = new CostLine.Line(1000, 1000);
        var queue = queue(call(1, 0, 2_000_050).due(2_000_200));
        assertThat(BatchPolicy.cut(queue, limits(64, -1), besideEight(line, eightAnswered()))
                        .batch())
                .hasSize(1);
    }
}
