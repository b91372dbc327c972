package io.presage.worker.tuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CostLineTest {
    private static Point point(int units, double millis) {
        return new Point(new Setting(1, 1), units, units, millis);
    }

    @Test
    void fit_ofPointsOnALine_isTheLine() {
        var points = IntStream.of(1, 2, 4, 8, 16)
                .mapToObj(units -> point(units, 0.25 * units + 2.1))
                .toList();
        var line = CostLine.fit(points);
        assertThat(line.millisPerUnit()).isCloseTo(0.25, within(1e-9));
        assertThat(line.millisPerCall()).isCloseTo(2.1, within(1e-9));
        assertThat(line.millis(100)).isCloseTo(27.1, within(1e-9));
    }

    @Test
    void fit_weighsErrorsByTheSizeOfTheRun() {
        // 5 % off at 100 ms moves the line less than 5 % off at 2 ms would.
        var line = CostLine.fit(List.of(point(1, 2), point(2, 3), point(4, 5), point(100, 106)));
        assertThat(line.millis(1)).isCloseTo(2, within(0.1));
        assertThat(line.millis(100)).isCloseTo(106, within(4.0));
    }

    @Test
    void fit_neverGivesNegativeParts() {
        // The runtime is quicker with more rows than twice with few.
        assertThat(CostLine.fit(List.of(point(1, 5), point(2, 4)))).isEqualTo(new CostLine(0, line(5, 4)));
        // Runs grow faster than their rows.
        var steep = CostLine.fit(List.of(point(1, 1), point(2, 3)));
        assertThat(steep.millisPerCall()).isZero();
        assertThat(steep.millisPerUnit()).isBetween(1.0, 1.5);
    }

    /// Of two runs, weighted like the fit.
    private static double line(double one, double other) {
        return (1 / one + 1 / other) / (1 / (one * one) + 1 / (other * other));
    }

    @Test
    void fit_ofOneSize_blamesTheUnits() {
        assertThat(CostLine.fit(List.of(point(16, 4), point(16, 4))).millisPerUnit())
                .isCloseTo(0.25, within(1e-12));
        assertThat(CostLine.fit(List.of(point(16, 4))).millisPerCall()).isZero();
        assertThatThrownBy(() -> CostLine.fit(List.of())).hasMessageContaining("no points");
    }

    @Test
    void rowsThatPay_spreadTheFixedPartThin() {
        // An embedding of 16 tokens: 2.1 ms a call over 4 ms a row.
        assertThat(new CostLine(0.25, 2.1).rowsThatPay(16, 32)).isEqualTo(18);
        // Of 64 tokens.
        assertThat(new CostLine(0.25, 1.2).rowsThatPay(64, 32)).isEqualTo(3);
        // A convolution has next to no fixed part.
        assertThat(new CostLine(7.75, 0.12).rowsThatPay(1, 32)).isEqualTo(1);
        assertThat(new CostLine(7.75, 0).rowsThatPay(1, 32)).isEqualTo(1);
        assertThat(new CostLine(0.0001, 5).rowsThatPay(1, 32)).isEqualTo(32);
        assertThat(new CostLine(0, 5).rowsThatPay(1, 32)).isEqualTo(32);
    }
}
