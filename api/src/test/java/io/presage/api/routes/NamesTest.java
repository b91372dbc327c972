package io.presage.api.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.RoutingTable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NamesTest {
    @Test
    void modelsAndVersions() {
        assertThat(List.of("a", "A.b_c-9", "0", "x".repeat(128))).allMatch(Names::isModel);
        assertThat(List.of("", "-a", ".a", "_a", "a/b", "a b", "ä", "x".repeat(129)))
                .noneMatch(Names::isModel);
        assertThat(List.of("1", "2147483647", "champion", "a-1")).allMatch(Names::isVersion);
        assertThat(List.of("", "0", "01", "2147483648", "99999999999", "-1", "A", "a_b", "1a", "x".repeat(64)))
                .noneMatch(Names::isVersion);
    }

    @Test
    void tableOf10000Models_isIndexed() {
        var models = IntStream.range(0, 10_000)
                .mapToObj(i -> new RoutingTable.Model(
                        "m" + i,
                        List.of(new RoutingTable.Target(1, 10_000)),
                        List.of(new RoutingTable.Version(1, List.of())),
                        Map.of("champion", 1)))
                .toList();
        var index = RoutingIndex.of(new RoutingTable(1, models, List.of(), List.of()), new HashMap<>());
        assertThat(index.models()).hasSize(10_000);
        assertThat(index.model("m9999").version("champion").number()).isEqualTo("1");
    }
}
