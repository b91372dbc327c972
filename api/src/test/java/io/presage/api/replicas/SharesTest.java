package io.presage.api.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SharesTest {
    private static final Shares SHARES = new Shares(20, 10, 5);

    private static int admitted(Priority priority, int limit, int... others) {
        int[] inFlight = others.clone();
        while (SHARES.admits(priority, limit, inFlight)) {
            inFlight[priority.ordinal()]++;
        }
        return inFlight[priority.ordinal()];
    }

    @Test
    void alone_aClassLeavesTheOthersReserves() {
        assertThat(admitted(Priority.HIGH, 100, 0, 0, 0)).isEqualTo(85);
        assertThat(admitted(Priority.NORMAL, 100, 0, 0, 0)).isEqualTo(70);
        assertThat(admitted(Priority.LOW, 100, 0, 0, 0)).isEqualTo(60);
    }

    @Test
    void reserve_isThereWhateverTheOthersHave() {
        assertThat(admitted(Priority.HIGH, 100, 0, 70, 40)).isEqualTo(20);
        assertThat(admitted(Priority.NORMAL, 100, 90, 0, 40)).isEqualTo(10);
        assertThat(admitted(Priority.LOW, 100, 90, 40, 0)).isEqualTo(5);
    }

    @Test
    void lastOfTheSharedPart_isForTheHigher() {
        assertThat(admitted(Priority.LOW, 100, 20, 62, 0)).isEqualTo(8);
        assertThat(admitted(Priority.NORMAL, 100, 20, 62, 8)).isEqualTo(67);
        assertThat(admitted(Priority.HIGH, 100, 20, 67, 8)).isEqualTo(25);
    }

    @Test
    void smallestLimit_letsEachClassIn() {
        assertThat(admitted(Priority.HIGH, 1, 0, 0, 0)).isEqualTo(1);
        assertThat(admitted(Priority.NORMAL, 1, 0, 0, 0)).isEqualTo(1);
        assertThat(admitted(Priority.LOW, 1, 0, 0, 0)).isEqualTo(1);
    }

    @Test
    void priorityOfAHeader() {
        assertThat(Priority.of("high")).isEqualTo(Priority.HIGH);
        assertThat(Priority.of("low")).isEqualTo(Priority.LOW);
        assertThat(Priority.of(null)).isEqualTo(Priority.NORMAL);
        assertThat(Priority.of("urgent")).isEqualTo(Priority.NORMAL);
    }
}
