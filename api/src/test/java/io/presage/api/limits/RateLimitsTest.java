package io.presage.api.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.presage.api.access.Grant;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Limit;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.Limits;
import io.presage.contract.state.Quota;
import io.presage.contract.state.SliceAnswer;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RateLimitsTest {
    private static final long HOUR_MILLIS = 3_600_000;

    private final AtomicLong nanos = new AtomicLong(Duration.ofDays(20_000).toNanos());
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Map<String, String> notes = new LinkedHashMap<>();
    private final RateLimits limits = limits(2, 1, false);

    private RateLimits limits(int pairsMax, int gateways, boolean headers) {
        return new RateLimits(
                new LimitProperties(
                        2,
                        Duration.ofHours(1),
                        pairsMax,
                        gateways,
                        headers,
                        new SliceProperties(Duration.ofSeconds(1), Duration.ofSeconds(2))),
                new LimitMetrics(meters),
                nanos::get,
                () -> Instant.ofEpochSecond(0, nanos.get()));
    }

    private static Limit hourly(int permits) {
        return new Limit(permits, HOUR_MILLIS);
    }

    private static Grant key(String id, int permits) {
        return key(id, "default", new Limits(permits == 0 ? null : hourly(permits), null));
    }

    private static Grant key(String id, String tenant, Limits limits) {
        return new Grant(id, tenant, Set.of(), Set.of(), limits);
    }

    private static LimitRules tenant(Limits all, Map<String, Limits> models, Quota quota) {
        return new LimitRules(List.of(new LimitRules.Tenant("acme", all, models, quota)), List.of());
    }

    private Permit spend(RateLimits of, Grant key, String model) {
        return of.spend(key, model, (name, value) -> notes.put(name.toString(), value));
    }

    private Permit spend(Grant key, String model) {
        return spend(limits, key, model);
    }

    private ProblemException refused(RateLimits of, Grant key, String model, Problem problem) {
        var refusal = new ProblemException[1];
        assertThatThrownBy(() -> spend(of, key, model)).isInstanceOfSatisfying(ProblemException.class, thrown -> {
            assertThat(thrown.problem()).isEqualTo(problem);
            refusal[0] = thrown;
        });
        return refusal[0];
    }

    private ProblemException refused(Grant key, String model, Problem problem) {
        return refused(limits, key, model, problem);
    }

    @Test
    void defaultIsPerKeyAndModel() {
        var key = key("a", 0);
        assertThat(spend(key, "m")).isSameAs(Permit.PLAIN);
        spend(key, "m");
        refused(key, "m", Problem.RATE_LIMITED);
        spend(key, "n");
    }

    @Test
    void ownLimit_andItsChange_areFollowed() {
        spend(key("a", 1), "m");
        refused(key("a", 1), "m", Problem.RATE_LIMITED);
        spend(key("a", 3), "m");
    }

    @Test
    void limitersAreBounded_andIdleOnesMakeRoom() {
        spend(key("a", 0), "m");
        spend(key("b", 0), "m");
        refused(key("c", 0), "m", Problem.OVERLOADED);
        nanos.addAndGet(Duration.ofHours(3).toNanos());
        spend(key("c", 0), "m");
        assertThat(limits.size()).isEqualTo(1);
    }

    @Test
    void tenantLimit_isSharedByItsKeysAndModels_andRefusalTakesNothingElse() {
        limits.follow(tenant(new Limits(hourly(3), null), Map.of("m", new Limits(hourly(2), null)), Quota.NONE));
        var one = key("a", "acme", new Limits(hourly(9), null));
        var two = key("b", "acme", new Limits(hourly(9), null));
        spend(one, "m");
        spend(one, "m");
        var byModel = refused(one, "m", Problem.RATE_LIMITED);
        assertThat(byModel.detail()).isEqualTo("tenant acme on model m: the limit is 2 calls in 3600000 ms");
        spend(two, "n");
        assertThat(refused(two, "n", Problem.RATE_LIMITED).detail()).startsWith("tenant acme: the limit is 3 calls");
        assertThat(notes.get("RateLimit-Policy")).isEqualTo("\"tenant-calls\";q=3;w=3600");
        assertThat(notes.get("RateLimit")).startsWith("\"tenant-calls\";r=0;t=");
        assertThat(meters.counter("presage_gateway_limited_total", "scope", "tenant", "unit", "calls")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void otherTenants_andModelsWithoutLimits_passBy() {
        limits.follow(new LimitRules(
                List.of(new LimitRules.Tenant("acme", new Limits(hourly(1), null), Map.of(), Quota.NONE)),
                List.of(new LimitRules.Model("m", new Limits(hourly(1), null)))));
        spend(key("a", 9), "m");
        assertThat(refused(key("a", 9), "m", Problem.RATE_LIMITED).detail()).startsWith("all callers of model m");
        spend(key("a", 9), "n");
    }

    @Test
    void rows_areChargedAfterTheAnswer_andDebtIsPaidByLaterPeriods() {
        limits.follow(tenant(new Limits(null, hourly(10)), Map.of(), Quota.NONE));
        var key = key("a", "acme", new Limits(hourly(100), null));
        var permit = spend(key, "m");
        assertThat(permit.countsRows()).isTrue();
        permit.ended(25);
        refused(key, "m", Problem.RATE_LIMITED);
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        var refusal = refused(key, "m", Problem.RATE_LIMITED);
        assertThat(refusal.retryAfterSeconds()).isBetween(1, 3600);
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        spend(key, "m").ended(0);
        spend(key, "m").ended(4);
        spend(key, "m").ended(1);
        refused(key, "m", Problem.RATE_LIMITED);
    }

    @Test
    void callsWithoutRows_giveTheirPermitBack() {
        limits.follow(tenant(new Limits(null, hourly(1)), Map.of(), Quota.NONE));
        var key = key("a", "acme", new Limits(hourly(100), null));
        for (int i = 0; i < 5; i++) {
            spend(key, "m").ended(0);
        }
        spend(key, "m");
        refused(key, "m", Problem.RATE_LIMITED);
    }

    @Test
    void quotaOfTheDay_isRefusedUntilMidnight_andFollowsTheRegistry() {
        limits.follow(tenant(Limits.NONE, Map.of(), new Quota(300L, null)));
        var key = key("a", "acme", new Limits(hourly(100), null));
        for (int i = 0; i < 3; i++) {
            spend(key, "m");
        }
        assertThat(refused(key, "m", Problem.QUOTA_SPENT).retryAfterSeconds()).isEqualTo(1);
        var asked = limits.request("g", "i", false, Duration.ofSeconds(1));
        assertThat(asked.usages()).singleElement().satisfies(usage -> {
            assertThat(usage.calls()).isEqualTo(3);
            assertThat(usage.heldCalls()).isZero();
        });
        limits.accept(
                asked, new SliceAnswer(1, List.of(), List.of(new SliceAnswer.Allowance("acme", 20_000, 1, 0, false))));
        spend(key, "m");
        asked = limits.request("g", "i", false, Duration.ofSeconds(1));
        limits.accept(
                asked, new SliceAnswer(1, List.of(), List.of(new SliceAnswer.Allowance("acme", 20_000, 0, 0, true))));
        assertThat(refused(key, "m", Problem.QUOTA_SPENT).retryAfterSeconds()).isEqualTo(86_400);
        nanos.addAndGet(Duration.ofDays(1).toNanos());
        asked = limits.request("g", "i", false, Duration.ofSeconds(1));
        assertThat(asked.usages())
                .extracting(usage -> usage.day() + ":" + usage.calls())
                .containsExactly("20000:4", "20001:0");
        spend(key, "m");
    }

    @Test
    void sliceThatShrankMuch_isToldSoon() {
        var one = limits(10, 3, false);
        spend(one, key("a", 90), "m");
        one.takeNews();
        resize(one, 60);
        resize(one, 55);
        assertThat(one.hasNews()).as("by a little").isFalse();
        resize(one, 40);
        assertThat(one.hasNews()).isTrue();
    }

    private static void resize(RateLimits one, int slice) {
        var asked = one.request("g", "i", false, Duration.ofSeconds(1));
        one.accept(asked, new SliceAnswer(3, List.of(new SliceAnswer.Slice("key/a/models/m/calls", slice)), List.of()));
    }

    @Test
    void severalGateways_beginWithALittle_andFollowTheirSlice() {
        var one = limits(10, 3, false);
        var key = key("a", 90);
        assertThat(one.hasNews()).isFalse();
        for (int i = 0; i < 3; i++) {
            spend(one, key, "m");
        }
        refused(one, key, "m", Problem.RATE_LIMITED);
        assertThat(one.hasNews()).isTrue();
        var asked = one.request("g", "i", false, Duration.ofSeconds(1));
        assertThat(asked.leases()).singleElement().satisfies(lease -> {
            assertThat(lease.limit()).isEqualTo("key/a/models/m/calls");
            assertThat(lease.permits()).isEqualTo(90);
            assertThat(lease.held()).isEqualTo(3);
            assertThat(lease.wanted()).isEqualTo(4);
        });
        one.accept(asked, new SliceAnswer(3, List.of(new SliceAnswer.Slice("key/a/models/m/calls", 5)), List.of()));
        spend(one, key, "m");
        spend(one, key, "m");
        refused(one, key, "m", Problem.RATE_LIMITED);
    }

    @Test
    void headersOnAnswers_tellTheTightestLimit() {
        var telling = limits(10, 1, true);
        telling.follow(tenant(new Limits(hourly(4), null), Map.of(), Quota.NONE));
        spend(telling, key("a", "acme", new Limits(hourly(100), null)), "m");
        assertThat(notes.get("RateLimit")).startsWith("\"tenant-calls\";r=3;t=");
        assertThat(limits(10, 1, false)).isNotNull();
    }

    @Test
    void rowsHeader_thatSaysNothingUseful_countsAsOneRow() {
        assertThat(Permit.rows("17")).isEqualTo(17);
        assertThat(Permit.rows("0")).isZero();
        for (@Nullable String bad : new String[] {null, "", "-1", "1e3", "9999999999999"}) {
            assertThat(Permit.rows(bad)).as(bad).isEqualTo(1);
        }
    }
}
