package io.presage.api.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.TrafficPolicy;
import io.presage.contract.state.TrafficPolicy.By;
import io.presage.contract.state.TrafficPolicy.Rule;
import io.presage.contract.state.TrafficPolicy.Sticky;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ModelRouteTest {
    private static ModelRoute route(@Nullable Sticky sticky, Rule... rules) {
        return ModelRoute.of(
                new RoutingTable.Model(
                        "fraud",
                        List.of(new RoutingTable.Target(1, 5_000), new RoutingTable.Target(2, 5_000)),
                        List.of(
                                new RoutingTable.Version(1, List.of()),
                                new RoutingTable.Version(2, List.of()),
                                new RoutingTable.Version(3, List.of(), "ab12")),
                        Map.of("champion", 1, "beta", 3),
                        new TrafficPolicy(sticky, List.of(rules), null, null)),
                Map.of());
    }

    private static Asking asking(String requestId, String... headers) {
        var map = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < headers.length; i += 2) {
            map.add(headers[i], headers[i + 1]);
        }
        return new Asking(map, requestId, "aaaaaaaaaaaa");
    }

    private static int version(ModelRoute route, Asking asking) {
        return route.chosen(asking).version();
    }

    /// Versions that 100 requests of their own ids get.
    private static List<Integer> versions(ModelRoute route, String... headers) {
        return java.util.stream.IntStream.range(0, 100)
                .map(i -> version(route, asking("r" + i, headers)))
                .distinct()
                .sorted()
                .boxed()
                .toList();
    }

    @Test
    void withoutSticky_requestsAreSpread() {
        assertThat(versions(route(null))).containsExactly(1, 2);
    }

    @Test
    void sticky_keepsCallsOfOneHeaderCookieOrCallerTogether() {
        assertThat(versions(route(new Sticky(By.HEADER, "X-User")), "x-user", "ann"))
                .hasSize(1);
        assertThat(versions(route(new Sticky(By.COOKIE, "sid")), "Cookie", "a=1; sid=7; b=2"))
                .hasSize(1);
        assertThat(versions(route(new Sticky(By.CALLER, null)))).hasSize(1);
    }

    @Test
    void sticky_isAsTheSplitDecidesForThatKey() {
        var header = route(new Sticky(By.HEADER, "X-User"));
        var cookie = route(new Sticky(By.COOKIE, "sid"));
        for (int i = 0; i < 100; i++) {
            int expected = version(route(null), asking("user-" + i));
            assertThat(version(header, asking("r", "X-User", "user-" + i))).isEqualTo(expected);
            assertThat(version(cookie, asking("r", "Cookie", "xsid=9;sid=user-" + i)))
                    .isEqualTo(expected);
            assertThat(version(header, asking("r", "Presage-Sticky-Key", "user-" + i, "X-User", "bob")))
                    .isEqualTo(expected);
        }
    }

    @Test
    void stickyThatIsNotThere_fallsBackToTheRequest() {
        assertThat(versions(route(new Sticky(By.HEADER, "X-User")))).containsExactly(1, 2);
        assertThat(versions(route(new Sticky(By.HEADER, "X-User")), "X-User", ""))
                .containsExactly(1, 2);
        assertThat(versions(route(new Sticky(By.COOKIE, "sid")), "Cookie", "sid; xsid=1; sidx=2; =3"))
                .containsExactly(1, 2);
    }

    @Test
    void firstRuleThatMatches_decides() {
        var route =
                route(null, new Rule("X-Ring", "b", "beta"), new Rule("X-Ring", "c", "2"), new Rule("X-A", "1", "1"));
        assertThat(version(route, asking("r", "x-ring", "b", "X-A", "1"))).isEqualTo(3);
        assertThat(version(route, asking("r", "X-Ring", "c"))).isEqualTo(2);
        assertThat(versions(route, "X-A", "1")).containsExactly(1);
        assertThat(versions(route, "X-Ring", "B")).containsExactly(1, 2);
    }

    @Test
    void ruleWhoseTargetIsGone_isAnError_notAnotherVersion() {
        var route = route(null, new Rule("X-Ring", "b", "gone"), new Rule("X-Ring", "c", "7"));
        assertThatThrownBy(() -> version(route, asking("r", "X-Ring", "b")))
                .hasMessageContaining("no version or alias gone");
        assertThatThrownBy(() -> version(route, asking("r", "X-Ring", "c"))).hasMessageContaining("7");
    }

    @Test
    void digestTravels() {
        assertThat(route(null).version("beta").sha256()).isEqualTo("ab12");
    }
}
