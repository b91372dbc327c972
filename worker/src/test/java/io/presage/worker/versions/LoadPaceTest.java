package io.presage.worker.versions;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.worker.versions.LoadPace.Reading;
import org.junit.jupiter.api.Test;

class LoadPaceTest {
    private static final long MILLI = 1_000_000;
    private static final LoadPace PACE = new LoadPace(0.02, 2);
    private static final Reading BEFORE = new Reading(0, 0, 0);

    /// Milliseconds of pause after a load.
    private static long pause(LoadPace pace, long elapsedMillis, long cpuMillis, long ranMillis) {
        return pace.pauseNanos(BEFORE, new Reading(elapsedMillis * MILLI, cpuMillis * MILLI, ranMillis * MILLI))
                / MILLI;
    }

    @Test
    void anIdleWorker_loadsWithoutPauses() {
        assertThat(pause(PACE, 100, 40, 0)).isZero();
    }

    @Test
    void aBusyWorker_givesLoadsTheirShareOfAllCores() {
        // 40 ms are 2 % of two cores' second.
        assertThat(pause(PACE, 100, 40, 120)).isEqualTo(900);
        assertThat(pause(new LoadPace(0.02, 32), 100, 40, 1920)).isZero();
    }

    @Test
    void aLittleTraffic_pausesALittle() {
        assertThat(pause(PACE, 100, 40, 5)).isEqualTo(450);
    }

    @Test
    void aLargeModel_doesNotStopTheOthersForGood() {
        assertThat(pause(PACE, 20_000, 20_000, 20_000)).isEqualTo(5_000);
    }

    @Test
    void theWholeMachine_meansNoPauses() {
        assertThat(pause(new LoadPace(1, 2), 100, 99_000, 200)).isZero();
    }
}
