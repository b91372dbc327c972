package io.presage.worker.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TuningGridTest {
    @Test
    void settings_areOneOrAllOfBoth_withinTheCores() {
        assertThat(new TuningGrid(2, 0, 0, 32).settings())
                .containsExactly(new Setting(1, 1), new Setting(1, 2), new Setting(2, 1));
        assertThat(new TuningGrid(1, 0, 0, 32).settings()).containsExactly(new Setting(1, 1));
    }

    @Test
    void pinnedValues_areKept_evenAboveTheCores() {
        assertThat(new TuningGrid(2, 4, 3, 32).settings()).containsExactly(new Setting(4, 3));
        assertThat(new TuningGrid(4, 2, 0, 32).settings()).containsExactly(new Setting(2, 1));
        assertThat(new TuningGrid(4, 0, 3, 32).settings()).containsExactly(new Setting(1, 3), new Setting(4, 3));
    }

    @Test
    void rows_doubleUpToTheMost() {
        assertThat(new TuningGrid(2, 0, 0, 4096).rows()).containsExactly(1, 2, 4, 8, 16, 32);
        assertThat(new TuningGrid(2, 0, 0, 12).rows()).containsExactly(1, 2, 4, 8, 12);
        assertThat(new TuningGrid(2, 0, 0, 1).rows()).containsExactly(1);
    }
}
