package io.presage.worker.versions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LeaseGateTest {
    private final LeaseGate gate = new LeaseGate();

    @Test
    void shutGate_givesNoLease_butCountsThoseThatAreOut() {
        assertThat(gate.acquire()).isTrue();
        assertThat(gate.acquire()).isTrue();
        gate.shut();
        gate.shut();
        assertThat(gate.acquire()).isFalse();
        assertThat(gate.leases()).isEqualTo(2);
        gate.release();
        gate.release();
        assertThat(gate.leases()).isZero();
        assertThat(gate.isShut()).isTrue();
    }

    @Test
    void releaseWithoutALease_isABug() {
        assertThatThrownBy(gate::release).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void memoryBudget_isGivenBackOnce() {
        var budget = new MemoryBudget(100);
        var first = budget.reserve(60).orElseThrow();
        assertThat(budget.reserve(41)).isEmpty();
        first.correct(90);
        assertThat(budget.bytesUsed()).isEqualTo(90);
        first.close();
        first.close();
        assertThat(budget.bytesUsed()).isZero();
    }
}
