package io.presage.e2e.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.api.limits.SimulatedGateway;
import io.presage.contract.state.Limit;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Quota;
import io.presage.registry.limits.SimulatedRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.IntBinaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// One limit over three gateways, the code of both sides on one virtual clock, calls and exchanges scripted.
/// The reports are compared byte for byte: a change of the policy shows its numbers in the diff.
final class SharedLimitTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long STEP = 1_000_000L;
    private static final int GATEWAYS = 3;

    private final StringBuilder report = new StringBuilder();
    private long now = Duration.ofDays(20_000).toNanos();
    private SimulatedRegistry registry = new SimulatedRegistry(() -> now);
    private boolean registryAway;
    private final @Nullable SimulatedGateway[] gateways = new SimulatedGateway[GATEWAYS];
    private int rowsPerCall = 1;
    private long answerNanos = 5 * STEP;

    private record Answer(long at, Runnable ends) {}

    private final PriorityQueue<Answer> answers = new PriorityQueue<>((a, b) -> Long.compare(a.at(), b.at()));

    private static LimitRules rules(Limits limits, Quota quota) {
        return new LimitRules(List.of(new LimitRules.Tenant("acme", limits, Map.of(), quota)), List.of());
    }

    private void start(LimitRules rules, String limit, Duration period) {
        now += SimulatedGateway.shiftNanos(limit, period);
        for (int i = 0; i < GATEWAYS; i++) {
            gateways[i] = new SimulatedGateway(String.valueOf((char) ('a' + i)), rules, GATEWAYS, () -> now);
        }
        // The registry has run for a while.
        registry = new SimulatedRegistry(new Earlier()::nanos);
        // Twice: then each knows of the others.
        for (int i = 0; i < 2 * GATEWAYS; i++) {
            var gateway = gateways[i % GATEWAYS];
            if (gateway != null) {
                gateway.exchange(Optional.of(registry::answer));
            }
        }
    }

    private final class Earlier {
        private boolean asked;

        long nanos() {
            if (!asked) {
                asked = true;
                return now - 60 * SECOND;
            }
            return now;
        }
    }

    /// Runs one period of `seconds`; `rate` gives calls a second of a gateway in a second. Returns what was let
    /// in.
    private int[] period(int from, int seconds, IntBinaryOperator rate) {
        var letIn = new int[GATEWAYS];
        for (int second = from; second < from + seconds; second++) {
            for (int milli = 0; milli < 1000; milli++) {
                for (int i = 0; i < GATEWAYS; i++) {
                    var gateway = gateways[i];
                    if (gateway == null) {
                        continue;
                    }
                    if (gateway.isDue(second == 0 ? 300_000_000L * i : 0)) {
                        gateway.exchange(registryAway ? Optional.empty() : Optional.of(registry::answer));
                    }
                    int calls = rate.applyAsInt(i, second);
                    int due = calls * (milli + 1) / 1000 - calls * milli / 1000;
                    for (int call = 0; call < due; call++) {
                        var permit = gateway.call();
                        if (permit.isPresent()) {
                            letIn[i]++;
                            var owed = permit.get();
                            if (owed.countsRows()) {
                                answers.add(new Answer(now + answerNanos, () -> owed.ended(rowsPerCall)));
                            }
                        }
                    }
                }
                now += STEP;
                while (!answers.isEmpty() && answers.peek().at() <= now) {
                    answers.poll().ends().run();
                }
            }
        }
        return letIn;
    }

    private static int sum(int[] of) {
        int sum = 0;
        for (int one : of) {
            sum += one;
        }
        return sum;
    }

    private List<Integer> run(int periods, int seconds, IntBinaryOperator rate, Events events) {
        report.append("period      asked a     b     c   let in a     b     c    sum   held a     b     c\n");
        var sums = new ArrayList<Integer>();
        for (int period = 0; period < periods; period++) {
            String note = events.before(period);
            int[] letIn = period(period * seconds, seconds, rate);
            sums.add(sum(letIn));
            report.append("%6d ".formatted(period));
            for (int i = 0; i < GATEWAYS; i++) {
                report.append((i == 0 ? "%12d" : "%6d").formatted(rate.applyAsInt(i, period * seconds)));
            }
            for (int i = 0; i < GATEWAYS; i++) {
                report.append((i == 0 ? "%11d" : "%6d").formatted(letIn[i]));
            }
            report.append("%7d".formatted(sum(letIn)));
            for (int i = 0; i < GATEWAYS; i++) {
                var gateway = gateways[i];
                report.append((i == 0 ? "%9s" : "%6s").formatted(gateway == null ? "-" : gateway.held()));
            }
            report.append(note.isEmpty() ? "" : "  " + note).append('\n');
        }
        return sums;
    }

    private interface Events {
        /// What happens before this period, in words for the report.
        String before(int period);
    }

    private void check(String name) throws IOException {
        try (var in = SharedLimitTest.class.getResourceAsStream("/golden/" + name + ".txt")) {
            var expected = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(report.toString()).as("golden/%s.txt", name).isEqualTo(expected);
        }
    }

    /// The limit holds in every period; in the first, each gateway but one may have begun with a tenth of its
    /// part.
    private static void assertWithin(int limit, List<Integer> sums) {
        assertThat(sums.getFirst()).isLessThanOrEqualTo(limit * 11 / 10);
        assertThat(sums.subList(1, sums.size()))
                .allSatisfy(sum -> assertThat(sum).isLessThanOrEqualTo(limit));
    }

    /// 100 a second. All load is on a and b, then it moves to c.
    @Test
    void uneven_load_that_moves() throws IOException {
        start(rules(new Limits(new Limit(100, 1000), null), Quota.NONE), "tenant/acme/calls", Duration.ofSeconds(1));
        var sums = run(
                20,
                1,
                (gateway, second) -> second < 10 ? new int[] {300, 60, 0}[gateway] : new int[] {10, 0, 300}[gateway],
                period -> period == 10 ? "load moves to c" : "");
        assertWithin(100, sums);
        check("limit_uneven_load_that_moves");
    }

    /// A gateway begins to count a limit that another holds whole and hardly uses: no call is refused for that.
    @Test
    void gateway_that_begins_while_another_holds_all() throws IOException {
        start(rules(new Limits(new Limit(1000, 1000), null), Quota.NONE), "tenant/acme/calls", Duration.ofSeconds(1));
        IntBinaryOperator rate =
                (gateway, second) -> new int[] {100, second < 5 ? 0 : 30, second < 8 ? 0 : 30}[gateway];
        var sums = run(12, 1, rate, period -> period == 5 ? "b begins" : period == 8 ? "c begins" : "");
        for (int second = 0; second < 12; second++) {
            int asked = rate.applyAsInt(0, second) + rate.applyAsInt(1, second) + rate.applyAsInt(2, second);
            assertThat(sums.get(second)).as("second %s", second).isEqualTo(asked);
        }
        check("limit_gateway_that_begins_while_another_holds_all");
    }

    /// The gateway with most of the load dies with its slice; its callers go to the others.
    @Test
    void dying_gateway() throws IOException {
        start(rules(new Limits(new Limit(100, 1000), null), Quota.NONE), "tenant/acme/calls", Duration.ofSeconds(1));
        var sums = run(
                20,
                1,
                (gateway, second) -> second < 5 ? new int[] {200, 50, 50}[gateway] : new int[] {0, 150, 150}[gateway],
                period -> {
                    if (period == 5) {
                        gateways[0] = null;
                        return "a dies";
                    }
                    return "";
                });
        assertWithin(100, sums);
        check("limit_dying_gateway");
    }

    /// The registry is away for ten seconds, comes back without memory, and lets nothing grow at first.
    @Test
    void registry_away_and_back_without_memory() throws IOException {
        start(rules(new Limits(new Limit(100, 1000), null), Quota.NONE), "tenant/acme/calls", Duration.ofSeconds(1));
        var sums = run(
                28,
                1,
                (gateway, second) -> second < 8 ? new int[] {200, 50, 50}[gateway] : new int[] {20, 20, 200}[gateway],
                period -> {
                    if (period == 5) {
                        registryAway = true;
                        return "registry away";
                    }
                    if (period == 15) {
                        registryAway = false;
                        registry = new SimulatedRegistry(() -> now);
                        return "registry back, empty";
                    }
                    return period == 8 ? "load moves to c" : "";
                });
        assertWithin(100, sums);
        check("limit_registry_away_and_back_without_memory");
    }

    /// 600 a minute: what one gateway has spent cannot be spent again by another.
    @Test
    void long_period_and_load_that_moves_within_it() throws IOException {
        start(rules(new Limits(new Limit(600, 60_000), null), Quota.NONE), "tenant/acme/calls", Duration.ofMinutes(1));
        var sums = run(
                4,
                60,
                (gateway, second) -> second % 60 < 20
                        ? new int[] {15, 1, 0}[gateway]
                        : second % 60 < 40 ? new int[] {0, 15, 1}[gateway] : new int[] {1, 0, 15}[gateway],
                _ -> "");
        assertWithin(600, sums);
        check("limit_long_period_and_load_that_moves_within_it");
    }

    /// 1000 rows a second, calls of 30 rows that take 5 ms: over the limit by what is in flight, and paid back.
    @Test
    void rows_are_charged_after_the_answer() throws IOException {
        rowsPerCall = 30;
        start(rules(new Limits(null, new Limit(1000, 1000)), Quota.NONE), "tenant/acme/rows", Duration.ofSeconds(1));
        var sums = run(12, 1, (gateway, _) -> new int[] {80, 40, 0}[gateway], _ -> "");
        int calls = sums.stream().mapToInt(Integer::intValue).sum();
        assertThat(calls * rowsPerCall).isLessThanOrEqualTo(13 * 1000);
        check("limit_rows_are_charged_after_the_answer");
    }

    /// A quota of 2000 calls for the day, used up within seconds; the registry is away for a part of it.
    @Test
    void quota_of_the_day() throws IOException {
        start(rules(Limits.NONE, new Quota(2000L, null)), "none", Duration.ofSeconds(1));
        var sums = run(14, 1, (gateway, _) -> new int[] {150, 60, 10}[gateway], period -> {
            registryAway = period >= 4 && period < 7;
            return registryAway ? "registry away" : "";
        });
        assertThat(sums.stream().mapToInt(Integer::intValue).sum()).isLessThanOrEqualTo(2000);
        check("limit_quota_of_the_day");
    }
}
