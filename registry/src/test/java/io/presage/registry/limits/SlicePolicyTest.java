package io.presage.registry.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SlicePolicyTest {
    @Test
    void spareIsSharedEvenly_whenAllGetWhatTheyWant() {
        assertThat(SlicePolicy.shares(100, new double[] {30, 10})).containsExactly(60, 40);
        assertThat(SlicePolicy.shares(100, new double[] {0, 0, 0})).containsExactly(34, 33, 33);
    }

    @Test
    void shortage_isSharedByWants_withAnEvenTenth() {
        assertThat(SlicePolicy.shares(100, new double[] {300, 100})).containsExactly(73, 27);
        assertThat(SlicePolicy.shares(100, new double[] {500, 0})).containsExactly(95, 5);
    }

    @Test
    void fewerPermitsThanGateways_goToThoseThatWantThem() {
        assertThat(SlicePolicy.shares(1, new double[] {0, 9, 0})).containsExactly(0, 1, 0);
        assertThat(SlicePolicy.shares(2, new double[] {5, 5, 5}))
                .satisfies(shares -> assertThat(Arrays.stream(shares).sum()).isEqualTo(2));
    }

    @Test
    void shares_areWholeAndSumToTheLimit() {
        long seed = 20_261_122;
        var random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            int permits = 1 + random.nextInt(round % 2 == 0 ? 20 : 1_000_000_000);
            var wanted =
                    random.doubles(1 + random.nextInt(12), 0, 2.0 * permits).toArray();
            var shares = SlicePolicy.shares(permits, wanted);
            assertThat(Arrays.stream(shares).asLongStream().sum())
                    .as("seed %s, round %s", seed, round)
                    .isEqualTo(permits);
            assertThat(Arrays.stream(shares).min().orElse(0))
                    .as("seed %s, round %s", seed, round)
                    .isNotNegative();
        }
    }

    @Test
    void slice_isNeverMoreThanWhatOthersCannotUse() {
        assertThat(SlicePolicy.slice(100, 0, 100, new double[] {0, 500}, 1, 2, false))
                .isZero();
        assertThat(SlicePolicy.slice(100, 20, 70, new double[] {0, 500}, 1, 2, false))
                .isEqualTo(30);
        assertThat(SlicePolicy.slice(100, 20, 0, new double[] {0, 500}, 1, 2, false))
                .isEqualTo(95);
        assertThat(SlicePolicy.slice(100, 20, 250, new double[] {0, 500}, 1, 2, false))
                .as("but for what it may have begun with")
                .isEqualTo(5);
    }

    @Test
    void beginner_keepsWhatItBeganWith_whileOthersHoldAll() {
        assertThat(SlicePolicy.slice(100, 5, 100, new double[] {10, 20}, 1, 2, false))
                .as("a tenth of its even share")
                .isEqualTo(5);
        assertThat(SlicePolicy.slice(100, 40, 100, new double[] {10, 20}, 1, 2, false))
                .as("no more than that")
                .isEqualTo(5);
        assertThat(SlicePolicy.slice(6, 1, 6, new double[] {1, 1}, 1, 3, false))
                .as("one permit of a small limit")
                .isEqualTo(1);
        assertThat(SlicePolicy.slice(1, 1, 1, new double[] {9, 1}, 1, 2, false))
                .as("nothing where it should have nothing")
                .isZero();
        assertThat(SlicePolicy.slice(100, 5, 100, new double[] {10, 20}, 1, 2, true))
                .as("nothing grows by that")
                .isEqualTo(5);
    }

    @Test
    void frozen_nothingGrows() {
        assertThat(SlicePolicy.slice(100, 20, 0, new double[] {500}, 0, 2, true))
                .isEqualTo(20);
        assertThat(SlicePolicy.slice(100, 100, 0, new double[] {1, 99}, 0, 2, true))
                .isLessThan(100);
    }

    @Test
    void wants_areSmoothed() {
        assertThat(SlicePolicy.wants(Double.NaN, 10, 1000, 500)).isEqualTo(20);
        assertThat(SlicePolicy.wants(0, 20, 1000, 1000)).isEqualTo(10);
        assertThat(SlicePolicy.wants(20, 10, 1000, 500)).as("20 a second").isCloseTo(20, within(1e-9));
        assertThat(SlicePolicy.wants(20, 0, 1000, 100))
                .as("a short time says little")
                .isGreaterThan(18);
        assertThat(SlicePolicy.wants(20, 0, 1000, 1000)).isEqualTo(10);
    }

    @Test
    void allowance_isHalfOfWhatIsLeft_andAllForALoneGateway() {
        assertThat(SlicePolicy.allowance(100, 40, 20, 0, 2, false)).isEqualTo(20);
        assertThat(SlicePolicy.allowance(100, 40, 0, 0, 1, false)).isEqualTo(60);
        assertThat(SlicePolicy.allowance(100, 99, 0, 0, 5, false)).isEqualTo(1);
        assertThat(SlicePolicy.allowance(100, 100, 0, 7, 5, false)).isZero();
        assertThat(SlicePolicy.allowance(100, 0, 0, 7, 1, true)).isEqualTo(7);
    }
}
