package io.presage.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FrameBudgetTest {
    private static final long SECOND = 1_000_000_000L;

    private static int spendable(FrameBudget budget, long nowNanos) {
        int spent = 0;
        while (budget.trySpend(nowNanos)) {
            spent++;
        }
        return spent;
    }

    @Test
    void burst_thenSoManyASecond() {
        var budget = new FrameBudget(0);
        assertThat(spendable(budget, 0)).isEqualTo(FrameBudget.BURST);
        assertThat(spendable(budget, SECOND)).isEqualTo(FrameBudget.PER_SECOND);
        assertThat(spendable(budget, 3600 * SECOND)).isEqualTo(FrameBudget.BURST);
    }

    @Test
    void framesOfCalls_earnOneEach_upToTheBurst() {
        var budget = new FrameBudget(0);
        spendable(budget, 0);
        for (int i = 0; i < 7; i++) {
            budget.earn();
        }
        assertThat(spendable(budget, 0)).isEqualTo(7);
        for (int i = 0; i < 10_000; i++) {
            budget.earn();
        }
        assertThat(spendable(budget, 0)).isEqualTo(FrameBudget.BURST);
    }

    @Test
    void pingsEachFiveSecondsWithoutCalls_areTakenForEver() {
        var budget = new FrameBudget(0);
        for (long now = 0; now < 86_400 * SECOND; now += 5 * SECOND) {
            assertThat(budget.trySpend(now)).isTrue();
        }
    }
}
