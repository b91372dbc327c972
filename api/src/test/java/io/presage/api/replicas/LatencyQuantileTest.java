package io.presage.api.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LatencyQuantileTest {
    @Test
    void tooFewValues_tellNothing() {
        var quantile = new LatencyQuantile();
        for (int i = 0; i < 19; i++) {
            quantile.add(1);
        }
        assertThat(quantile.at(0.95)).isEqualTo(-1);
        quantile.add(1);
        assertThat(quantile.at(0.95)).isEqualTo(5);
    }

    @Test
    void isRoundedUpByAQuarterAtMost_andFollows() {
        var random = new SplittableRandom(1);
        var quantile = new LatencyQuantile();
        for (int i = 0; i < 5000; i++) {
            quantile.add(random.nextLong(1_000_000, 2_000_000));
        }
        assertThat(quantile.at(0.95)).isBetween(1_900_000L, 2_500_000L);
        assertThat(quantile.at(0.5)).isBetween(1_500_000L, 1_875_000L);
        for (int i = 0; i < 20_000; i++) {
            quantile.add(random.nextLong(100_000_000, 200_000_000));
        }
        assertThat(quantile.at(0.05)).isGreaterThan(100_000_000);
        quantile.add(Long.MAX_VALUE);
        quantile.add(0);
    }
}
