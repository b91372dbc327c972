package io.presage.api.routes;

import io.presage.api.Golden;
import io.presage.contract.state.RoutingTable;
import io.presage.contract.state.TrafficPolicy;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// A canary over its life, seen by 5,000 users of five calls each: how its share grows, and who is moved.
class SplitSimulationTest {
    private static final int USERS = 5_000;
    private static final int CALLS = 5;

    private static ModelRoute route(int weight, TrafficPolicy.@Nullable Sticky sticky) {
        var targets = weight == 0
                ? List.of(new RoutingTable.Target(1, 10_000))
                : List.of(new RoutingTable.Target(1, 10_000 - weight), new RoutingTable.Target(2, weight));
        return ModelRoute.of(
                new RoutingTable.Model(
                        "fraud",
                        targets,
                        List.of(
                                new RoutingTable.Version(1, List.of()),
                                new RoutingTable.Version(2, List.of()),
                                new RoutingTable.Version(3, List.of())),
                        Map.of("champion", 1, "beta", 3),
                        new TrafficPolicy(
                                sticky, List.of(new TrafficPolicy.Rule("X-Ring", "beta", "beta")), null, null)),
                Map.of());
    }

    /// One in fifty users is of the beta ring.
    private static int version(ModelRoute route, int user, int call) {
        var headers = MultiMap.caseInsensitiveMultiMap().add("X-User", "user-" + user);
        if (user % 50 == 0) {
            headers.add("X-Ring", "beta");
        }
        return route.chosen(new Asking(headers, "request-" + user + "-" + call, "aaaaaaaaaaaa"))
                .version();
    }

    private static void step(StringBuilder report, ModelRoute before, ModelRoute after, int weight) {
        Map<Integer, Integer> calls = new TreeMap<>(Map.of(1, 0, 2, 0, 3, 0));
        int torn = 0;
        int moved = 0;
        int movedBack = 0;
        for (int user = 0; user < USERS; user++) {
            int first = version(after, user, 0);
            boolean isTorn = false;
            for (int call = 0; call < CALLS; call++) {
                int version = version(after, user, call);
                calls.merge(version, 1, Integer::sum);
                isTorn |= version != first;
            }
            torn += isTorn ? 1 : 0;
            int was = version(before, user, 0);
            moved += was == 1 && first == 2 ? 1 : 0;
            movedBack += was == 2 && first == 1 ? 1 : 0;
        }
        report.append(String.format(
                Locale.ROOT,
                "%6d | %6.2f %% %6.2f %% %6.2f %% | %5d -> %5d <- | %5d%n",
                weight,
                share(calls, 1),
                share(calls, 2),
                share(calls, 3),
                moved,
                movedBack,
                torn));
    }

    private static double share(Map<Integer, Integer> calls, int version) {
        return calls.getOrDefault(version, 0) * 100.0 / (USERS * CALLS);
    }

    private static void life(StringBuilder report, String title, TrafficPolicy.@Nullable Sticky sticky) {
        report.append(title)
                .append(System.lineSeparator())
                .append("weight | active   canary   beta ring | users moved       | users on both")
                .append(System.lineSeparator());
        int before = 0;
        for (int weight : new int[] {100, 500, 1_000, 5_000, 1_000, 0}) {
            step(report, route(before, sticky), route(weight, sticky), weight);
            before = weight;
        }
    }

    @Test
    void canary_life() {
        var report = new StringBuilder();
        life(report, "sticky by header X-User", new TrafficPolicy.Sticky(TrafficPolicy.By.HEADER, "X-User"));
        life(report, "by request", null);
        Golden.check("canary_life", report.toString());
    }
}
