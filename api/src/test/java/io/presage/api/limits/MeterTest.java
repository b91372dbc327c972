package io.presage.api.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.Limit;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MeterTest {
    private static final long PERIOD_NANOS = Duration.ofMinutes(1).toNanos();

    private final AtomicLong nanos = new AtomicLong(Duration.ofDays(20_000).toNanos());

    private Meter meter(Meter.Unit unit, int permits, int slice) {
        return new Meter("m", Meter.Scope.TENANT, unit, new Limit(permits, 60_000), true, slice, nanos::get);
    }

    private static int takeAll(Meter meter) {
        int taken = 0;
        while (meter.tryTake()) {
            taken++;
        }
        return taken;
    }

    private void nextPeriod() {
        nanos.addAndGet(PERIOD_NANOS);
    }

    @Test
    void grownSlice_isCreditedAtOnce_once() {
        var meter = meter(Meter.Unit.CALLS, 10, 4);
        assertThat(takeAll(meter)).isEqualTo(4);
        meter.resize(7);
        assertThat(meter.held()).isEqualTo(7);
        assertThat(takeAll(meter)).isEqualTo(3);
        meter.resize(7);
        assertThat(takeAll(meter)).isZero();
        nextPeriod();
        assertThat(takeAll(meter)).isEqualTo(7);
    }

    @Test
    void shrunkSlice_givesUpWhatIsUnspent_andTheRestWithTheNextPeriod() {
        var meter = meter(Meter.Unit.CALLS, 10, 10);
        for (int i = 0; i < 8; i++) {
            meter.tryTake();
        }
        meter.resize(3);
        assertThat(meter.held()).isEqualTo(8);
        assertThat(takeAll(meter)).isZero();
        nextPeriod();
        assertThat(meter.held()).isEqualTo(3);
        assertThat(takeAll(meter)).isEqualTo(3);
    }

    @Test
    void shrunkAndGrownWithinAPeriod_neverLetsInMoreThanWasHeld() {
        var meter = meter(Meter.Unit.CALLS, 10, 10);
        int taken = takeAll(meter);
        meter.resize(4);
        meter.resize(10);
        assertThat(taken + takeAll(meter)).isEqualTo(10);
        nextPeriod();
        assertThat(takeAll(meter)).isEqualTo(10);
    }

    @Test
    void withoutAnySlice_itIsClosed_untilItGetsOne() {
        var meter = meter(Meter.Unit.CALLS, 10, 5);
        meter.tryTake();
        meter.tryTake();
        meter.resize(0);
        assertThat(meter.held()).isEqualTo(2);
        assertThat(takeAll(meter)).isZero();
        assertThat(meter.retryAfterSeconds()).isEqualTo(1);
        nextPeriod();
        assertThat(meter.held()).isZero();
        assertThat(takeAll(meter)).isZero();
        meter.resize(2);
        assertThat(takeAll(meter)).isEqualTo(2);
    }

    @Test
    void periods_beginAtTheSameMomentAtEveryGateway() {
        var one = meter(Meter.Unit.CALLS, 10, 1);
        nanos.addAndGet(PERIOD_NANOS / 3);
        var two = meter(Meter.Unit.CALLS, 10, 1);
        assertThat(one.secondsToTurn()).isEqualTo(two.secondsToTurn());
    }

    @Test
    void debt_isBounded() {
        var meter = meter(Meter.Unit.ROWS, 10, 10);
        assertThat(meter.tryTake()).isTrue();
        meter.ended(Long.MAX_VALUE / 4);
        assertThat(meter.available()).isEqualTo(-100);
        for (int i = 0; i < 10; i++) {
            nextPeriod();
            assertThat(meter.tryTake()).as("period %s", i).isFalse();
        }
        nextPeriod();
        assertThat(meter.tryTake()).isTrue();
    }

    @Test
    void refusedCallsOfManyRows_wantAsManyAgain() {
        var meter = meter(Meter.Unit.ROWS, 10, 10);
        meter.tryTake();
        meter.ended(30);
        meter.tryTake();
        assertThat(meter.lease().wanted()).isEqualTo(60);
        assertThat(meter.lease().wanted()).isZero();
    }
}
