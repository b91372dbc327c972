package io.presage.worker.batching;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ArrivalsTest {
    /// 8 callers, all back 100 after each answer.
    private static Arrivals known() {
        var arrivals = new Arrivals();
        for (int i = 0; i < 200; i++) {
            arrivals.answered(8, i * 10_000L);
            arrivals.arrived(8, i * 10_000L + 100);
        }
        return arrivals;
    }

    @Test
    void answered_areExpectedUntilTheyAreBack() {
        var arrivals = known();
        arrivals.answered(8, 2_000_000);
        assertThat(arrivals.echoRows(2_000_010)).isEqualTo(8);
        assertThat(arrivals.echoAtNanos()).isEqualTo(2_000_100);
        arrivals.arrived(3, 2_000_050);
        assertThat(arrivals.echoRows(2_000_060)).isEqualTo(5);
        arrivals.arrived(5, 2_000_100);
        assertThat(arrivals.echoRows(2_000_110)).isZero();
    }

    @Test
    void twoTurnsThatEndTogether_areExpectedBoth() {
        var arrivals = known();
        arrivals.answered(8, 2_000_000);
        arrivals.answered(6, 2_000_050);
        assertThat(arrivals.echoRows(2_000_060)).isEqualTo(14);
        arrivals.arrived(7, 2_000_100);
        assertThat(arrivals.echoRows(2_000_110)).isEqualTo(8);
        arrivals.arrived(1, 2_000_110);
        assertThat(arrivals.echoRows(2_000_120)).isEqualTo(7);
    }

    @Test
    void callersOfAnEarlierTurn_whoAreLate_haveLeft() {
        var arrivals = known();
        arrivals.answered(8, 2_000_000);
        arrivals.answered(1, 2_000_050);
        assertThat(arrivals.echoRows(2_000_199)).isEqualTo(9);
        assertThat(arrivals.echoRows(2_000_200)).isEqualTo(1);
    }

    @Test
    void nobodyCame_isNotExpectedAsSoonAgain() {
        var arrivals = known();
        arrivals.answered(8, 2_000_000);
        arrivals.awaitedInVain(2_000_200);
        assertThat(arrivals.echoRows(2_000_200)).isZero();
        assertThat(arrivals.echoAtNanos()).isEqualTo(2_000_400);
    }

    @Test
    void oneOfManyDidNotCome_theOthersAreExpectedNearlyAsBefore() {
        var arrivals = known();
        arrivals.answered(8, 2_000_000);
        arrivals.arrived(7, 2_000_100);
        arrivals.awaitedInVain(2_000_200);
        assertThat(arrivals.echoRows(2_000_200)).isZero();
        assertThat(arrivals.echoAtNanos()).isEqualTo(2_000_125);
    }

    @Test
    void callersThatComeTogether_areAnEcho_othersAreNot() {
        var arrivals = known();
        assertThat(arrivals.isEcho(101)).isTrue();
        assertThat(arrivals.isEcho(99)).isFalse();

        var unrelated = new Arrivals();
        for (int i = 0; i < 1000; i++) {
            unrelated.answered(1, i * 100L);
            unrelated.arrived(1, i * 100L + 99);
        }
        assertThat(unrelated.isEcho(1_000_000)).isFalse();
    }
}
