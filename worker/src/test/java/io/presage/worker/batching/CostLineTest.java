package io.presage.worker.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class CostLineTest {
    private final CostLine cost = new CostLine(new CostLine.Line(1000, 5000));

    private static double line(double units, double a, double b) {
        return a * units + b;
    }

    @Test
    void beforeAnyRun_isThePrior() {
        assertThat(cost.line()).isEqualTo(new CostLine.Line(1000, 5000));
        assertThat(cost.isSure()).isFalse();
    }

    @Test
    void runsOfDifferentSizes_giveTheirLine() {
        for (int i = 0; i < 200; i++) {
            int units = 1 + i % 8;
            cost.ran(units, line(units, 300, 9000));
        }
        assertThat(cost.line().nanosPerUnit()).isCloseTo(300, within(10.0));
        assertThat(cost.line().nanosPerCall()).isCloseTo(9000, within(60.0));
        assertThat(cost.isSure()).isTrue();
    }

    @Test
    void noise_isAveraged() {
        var random = new Random(11);
        for (int i = 0; i < 500; i++) {
            int units = 1 + random.nextInt(32);
            cost.ran(units, line(units, 300, 9000) * (0.9 + 0.2 * random.nextDouble()));
        }
        assertThat(cost.line().nanosPerUnit()).isCloseTo(300, within(45.0));
        assertThat(cost.line().nanosPerCall()).isCloseTo(9000, within(900.0));
    }

    @Test
    void runsOfOneSize_keepThePriorsFixedCost() {
        for (int i = 0; i < 300; i++) {
            cost.ran(10, 25_000);
        }
        assertThat(cost.line().nanosPerCall()).isCloseTo(5000, within(1.0));
        assertThat(cost.line().nanosPerUnit()).isCloseTo(2000, within(1.0));
        assertThat(cost.isSure()).isFalse();
    }

    @Test
    void runsOfOneSize_cheaperThanThePriorsFixedCost_haveNoNegativeSlope() {
        for (int i = 0; i < 300; i++) {
            cost.ran(10, 4000);
        }
        assertThat(cost.line().nanosPerUnit()).isZero();
        assertThat(cost.line().nanosPerCall()).isCloseTo(4000, within(5.0));
    }

    @Test
    void pause_movesTheLineLittle() {
        for (int i = 0; i < 200; i++) {
            int units = 1 + i % 8;
            cost.ran(units, line(units, 1000, 5000));
        }
        cost.ran(4, 50 * line(4, 1000, 5000));
        assertThat(cost.line().nanos(4)).isCloseTo(9000, within(90.0));
    }

    @Test
    void lastingChange_isFollowed() {
        for (int i = 0; i < 200; i++) {
            cost.ran(1 + i % 8, line(1 + i % 8, 1000, 5000));
        }
        for (int i = 0; i < 300; i++) {
            cost.ran(1 + i % 8, line(1 + i % 8, 4000, 20_000));
        }
        assertThat(cost.line().nanosPerUnit()).isCloseTo(4000, within(200.0));
        assertThat(cost.line().nanosPerCall()).isCloseTo(20_000, within(1000.0));
    }

    @Test
    void unknownPrior_isReplacedByTheFirstRun() {
        var unknown = new CostLine(new CostLine.Line(0, 0));
        unknown.ran(4, 8000);
        assertThat(unknown.line()).isEqualTo(new CostLine.Line(2000, 0));
    }
}
