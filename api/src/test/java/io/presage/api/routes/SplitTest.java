package io.presage.api.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.state.RoutingTable;
import java.util.List;
import org.junit.jupiter.api.Test;

class SplitTest {
    private static Split split(int candidateWeight) {
        return Split.of(
                List.of(
                        new RoutingTable.Target(1, 10_000 - candidateWeight),
                        new RoutingTable.Target(2, candidateWeight)),
                1);
    }

    @Test
    void buckets_areWhereTheyAlwaysWere() {
        // Changing the hash would move every sticky user at the next upgrade: these values are for ever.
        assertThat(List.of(
                        Split.bucket("fraud", "user-1"),
                        Split.bucket("fraud", "user-2"),
                        Split.bucket("other", "user-1"),
                        Split.bucket("fraud", "")))
                .containsExactly(5070, 1020, 4001, 5635);
    }

    @Test
    void candidatesShare_isWithinItsBinomialBound() {
        for (int weight : new int[] {100, 500, 1000, 5000}) {
            int calls = 100_000;
            int candidate = 0;
            for (int i = 0; i < calls; i++) {
                candidate += split(weight).version(Split.bucket("fraud", "user-" + i)) == 2 ? 1 : 0;
            }
            double p = weight / 10_000.0;
            double bound = 4 * Math.sqrt(calls * p * (1 - p));
            assertThat((double) candidate).isBetween(calls * p - bound, calls * p + bound);
        }
    }

    @Test
    void raisingTheWeight_movesOnlyTheDifference() {
        int moved = 0;
        for (int bucket = 0; bucket < Split.BUCKETS; bucket++) {
            int before = split(500).version(bucket);
            int after = split(1000).version(bucket);
            if (before != after) {
                moved++;
                assertThat(after).isEqualTo(2);
            }
        }
        assertThat(moved).isEqualTo(500);
    }

    @Test
    void oneSidedSplits() {
        assertThat(split(10_000).version(9_999)).isEqualTo(2);
        assertThat(split(0).version(0)).isEqualTo(1);
    }

    @Test
    void weightsThatDoNotSum_areRefused() {
        assertThatThrownBy(() -> Split.of(List.of(new RoutingTable.Target(1, 9_999)), 1))
                .hasMessage("weights sum to 9999 (expected: 10000)");
    }
}
