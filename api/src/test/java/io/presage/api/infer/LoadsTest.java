package io.presage.api.infer;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.api.routes.RoutingIndex;
import io.presage.api.routes.VersionRoute;
import io.presage.contract.state.RoutingTable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LoadsTest {
    private long millis;
    private final Loads loads = new Loads(() -> TimeUnit.MILLISECONDS.toNanos(millis));

    /// Of model `m`; those named are loaded in 10 s.
    private RoutingIndex follow(Integer... loading) {
        var versions = List.of(1, 2).stream()
                .map(version -> new RoutingTable.Version(
                        version,
                        List.of(),
                        null,
                        Arrays.asList(loading).contains(version) ? new RoutingTable.Loading(10_000) : null))
                .toList();
        var index = RoutingIndex.of(
                new RoutingTable(
                        1, List.of(new RoutingTable.Model("m", List.of(), versions, Map.of())), List.of(), List.of()),
                Map.of());
        loads.follow(index);
        return index;
    }

    private static VersionRoute version(RoutingIndex index, String version) {
        return index.model("m").version(version);
    }

    @Test
    void whatIsLeft_countsFromTheFirstTableThatSaidSo() {
        var index = follow(1);
        assertThat(loads.secondsLeft(version(index, "1"))).isEqualTo(10);
        millis += 4_000;
        index = follow(1, 2);
        assertThat(loads.secondsLeft(version(index, "1"))).isEqualTo(6);
        assertThat(loads.secondsLeft(version(index, "2"))).isEqualTo(10);
        millis += 5_900;
        assertThat(loads.secondsLeft(version(index, "1"))).isEqualTo(1);
    }

    @Test
    void loadThatBeginsAnew_countsAnew() {
        follow(1);
        millis += 8_000;
        follow();
        assertThat(loads.secondsLeft(version(follow(1), "1"))).isEqualTo(10);
    }

    @Test
    void loadThatIsLate_isGivenAsLongAgain() {
        assertThat(Loads.secondsLeft(2_000, 2_000)).isEqualTo(1);
        assertThat(Loads.secondsLeft(2_000, 2_900)).isEqualTo(1);
        assertThat(Loads.secondsLeft(2_000, 7_000)).isEqualTo(5);
        assertThat(Loads.secondsLeft(2_000, 3_600_000)).isEqualTo(60);
        assertThat(Loads.secondsLeft(0, 0)).isEqualTo(1);
    }
}
