package io.presage.contract.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ContentDigestTest {
    private static final RoutingTable.Model MODEL = new RoutingTable.Model(
            "fraud",
            List.of(new RoutingTable.Target(1, 9_500), new RoutingTable.Target(2, 500)),
            List.of(
                    new RoutingTable.Version(1, List.of("w1", "w2"), "ab", null),
                    new RoutingTable.Version(2, List.of(), "cd", new RoutingTable.Loading(7))),
            Map.of("champion", 1, "beta", 2),
            new TrafficPolicy(
                    new TrafficPolicy.Sticky(TrafficPolicy.By.HEADER, "X-User"),
                    List.of(new TrafficPolicy.Rule("X-Ring", "beta", "beta")),
                    new TrafficPolicy.Shadow(2, 100, 0.001, 8),
                    null));

    /// An enum's or a text's own hash code would not do: two processes have to agree.
    @Test
    void isTheSameInEveryProcess() {
        assertThat(Long.toHexString(ContentDigest.of(MODEL))).isEqualTo("7c7a2088532ecedb");
    }

    @Test
    void orderOfSetsAndMaps_doesNotCount_thatOfListsDoes() {
        var names = IntStream.range(0, 50).mapToObj(Integer::toString).toList();
        assertThat(ContentDigest.of(new LinkedHashSet<>(names)))
                .isEqualTo(ContentDigest.of(new LinkedHashSet<>(names.reversed())));
        var map = new LinkedHashMap<String, Integer>();
        var reversed = new LinkedHashMap<String, Integer>();
        names.forEach(name -> map.put(name, name.hashCode()));
        names.reversed().forEach(name -> reversed.put(name, name.hashCode()));
        assertThat(ContentDigest.of(map)).isEqualTo(ContentDigest.of(reversed));
        assertThat(ContentDigest.of(names)).isNotEqualTo(ContentDigest.of(names.reversed()));
    }

    record Before(String name) {}

    record After(
            String name, @org.jspecify.annotations.Nullable Long added, List<String> more, int count) {}

    @Test
    void memberThatIsNotUsed_countsForNothing() {
        assertThat(ContentDigest.of(new After("a", null, List.of(), 0))).isEqualTo(ContentDigest.of(new Before("a")));
        assertThat(ContentDigest.of(new After("a", 1L, List.of(), 0))).isNotEqualTo(ContentDigest.of(new Before("a")));
    }

    record Pair(int first, int second) {}

    @Test
    void valuesThatChangePlaces_areSeen() {
        assertThat(ContentDigest.of(new Pair(1, 2))).isNotEqualTo(ContentDigest.of(new Pair(2, 1)));
        assertThat(ContentDigest.of(Map.of("a", 1, "b", 2))).isNotEqualTo(ContentDigest.of(Map.of("a", 2, "b", 1)));
        assertThat(ContentDigest.of(Set.of(true))).isNotEqualTo(ContentDigest.of(Set.of(false)));
        assertThat(ContentDigest.of(List.of(List.of(), List.of("a"))))
                .isNotEqualTo(ContentDigest.of(List.of(List.of("a"), List.of())));
    }

    @Test
    void whatItDoesNotKnow_isRefused() {
        assertThatThrownBy(() -> ContentDigest.of(new Object())).isInstanceOf(IllegalArgumentException.class);
    }
}
