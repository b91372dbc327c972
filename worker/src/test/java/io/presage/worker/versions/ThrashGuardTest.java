package io.presage.worker.versions;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ThrashGuardTest {
    private static final long SECOND = 1_000_000_000L;

    private final ThrashGuard guard = new ThrashGuard(10 * SECOND);

    @Test
    void reloads_withinTheBudget_areFine() {
        guard.reloaded(0, 4 * SECOND, 10 * SECOND);
        guard.reloaded(0, 6 * SECOND, 20 * SECOND);
        assertThat(guard.openNanos(20 * SECOND)).isEqualTo(20 * SECOND);
    }

    @Test
    void overTheBudget_isShut_untilEnoughIsAMinuteOld() {
        guard.reloaded(0, 4 * SECOND, 10 * SECOND);
        guard.reloaded(0, 4 * SECOND, 20 * SECOND);
        guard.reloaded(0, 4 * SECOND, 30 * SECOND);
        assertThat(guard.openNanos(30 * SECOND)).isEqualTo(70 * SECOND);
        assertThat(guard.openNanos(69 * SECOND)).isEqualTo(70 * SECOND);
        assertThat(guard.openNanos(70 * SECOND)).isEqualTo(70 * SECOND);
    }

    @Test
    void reloadLongAfterTheEviction_isNoWaste() {
        for (int i = 0; i < 10; i++) {
            guard.reloaded(0, 5 * SECOND, (65 + i) * SECOND);
        }
        assertThat(guard.openNanos(75 * SECOND)).isEqualTo(75 * SECOND);
    }

    @Test
    void quickLoads_mayTakeTurnsAllDay() {
        for (int i = 0; i < 5000; i++) {
            guard.reloaded(i * SECOND / 1000, SECOND / 1000, i * SECOND / 1000 + SECOND / 500);
        }
        assertThat(guard.openNanos(5 * SECOND)).isEqualTo(5 * SECOND);
    }
}
