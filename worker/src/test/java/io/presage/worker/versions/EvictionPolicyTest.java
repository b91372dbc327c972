package io.presage.worker.versions;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.worker.versions.EvictionPolicy.Decision;
import io.presage.worker.versions.EvictionPolicy.Resident;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvictionPolicyTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long NOW = 1000 * SECOND;

    /// Loaded long ago by a load of 10 ms.
    private static Resident idle(String name, long bytes, long secondsIdle) {
        return new Resident(key(name), bytes, 10_000_000, NOW - secondsIdle * SECOND, NOW - 500 * SECOND, false);
    }

    private static VersionKey key(String name) {
        return new VersionKey(name, 1);
    }

    private static Decision decide(long missing, Resident... residents) {
        return EvictionPolicy.decide(missing, List.of(residents), NOW, 30 * SECOND);
    }

    @Test
    void leastRecentlyUsed_goesFirst() {
        assertThat(decide(5, idle("a", 10, 60), idle("b", 10, 90), idle("c", 10, 30)))
                .isEqualTo(new Decision.Evict(List.of(key("b"))));
    }

    @Test
    void costOfComingBack_weighsAgainstIdleness() {
        var slow = new Resident(key("slow"), 10, 1_000_000_000, NOW - 90 * SECOND, NOW - 500 * SECOND, false);
        assertThat(decide(5, slow, idle("quick", 10, 30))).isEqualTo(new Decision.Evict(List.of(key("quick"))));
        var forgotten = new Resident(key("slow"), 10, 100_000_000, NOW - 400 * SECOND, NOW - 500 * SECOND, false);
        assertThat(decide(5, forgotten, idle("quick", 10, 30))).isEqualTo(new Decision.Evict(List.of(key("slow"))));
    }

    @Test
    void asManyAsNeeded_andThenThoseAreSparedWhomNobodyNeeds() {
        assertThat(decide(15, idle("a", 10, 60), idle("b", 10, 90), idle("c", 10, 30)))
                .isEqualTo(new Decision.Evict(List.of(key("b"), key("a"))));
        // b is worth most, but the large one alone is enough, and is needed in any case.
        assertThat(decide(100, idle("b", 10, 900), idle("large", 100, 60)))
                .isEqualTo(new Decision.Evict(List.of(key("large"))));
    }

    @Test
    void heldOnes_stay() {
        var held = new Resident(key("a"), 10, 10_000_000, NOW - 400 * SECOND, NOW - 500 * SECOND, true);
        assertThat(decide(5, held, idle("b", 10, 1))).isEqualTo(new Decision.Evict(List.of(key("b"))));
        assertThat(decide(15, held, idle("b", 10, 1))).isEqualTo(new Decision.InUse());
    }

    @Test
    void youngOnes_stayUntilTheyAreOldEnough() {
        var young = new Resident(key("a"), 10, 10_000_000, NOW - 10 * SECOND, NOW - 10 * SECOND, false);
        var younger = new Resident(key("b"), 10, 10_000_000, NOW - 5 * SECOND, NOW - 5 * SECOND, false);
        assertThat(decide(5, younger, young)).isEqualTo(new Decision.TooYoung(NOW + 20 * SECOND));
        assertThat(decide(15, younger, young)).isEqualTo(new Decision.TooYoung(NOW + 25 * SECOND));
        assertThat(decide(25, younger, young)).isEqualTo(new Decision.InUse());
        assertThat(decide(5, younger, young, idle("c", 5, 1))).isEqualTo(new Decision.Evict(List.of(key("c"))));
    }

    @Test
    void nobodyThere_isInUse() {
        assertThat(decide(1)).isEqualTo(new Decision.InUse());
    }
}
