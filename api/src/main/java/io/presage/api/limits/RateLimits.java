package io.presage.api.limits;

import io.presage.api.access.Grant;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Limit;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.Limits;
import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Every limit that a call has to pass: of its key on the model, of its tenant, of its tenant on the model, of
/// the model, each in calls and in rows, and the tenant's quota of the day. Any thread; never waits.
///
/// For each pair of key and model in use there is an [Entry] with the meters of all these limits, so that a
/// call costs one look-up and one atomic step a meter: one meter where only the gateway's default holds. An
/// entry is made anew when the rules or the key's own limits change; meters are shared by name and outlive
/// that.
///
/// Looking an entry up takes no lock. A meter is kept while entries use it, which is counted within the map's
/// own steps for its name. The number of entries is bounded. One that was unused until all of its meters had
/// their permits again can be forgotten without loss; [#evictIdle] does so from time to time, and at once when
/// there is no room.
public final class RateLimits {
    private static final CharSequence RATE_LIMIT = HttpHeaders.createOptimized("RateLimit");
    private static final CharSequence RATE_LIMIT_POLICY = HttpHeaders.createOptimized("RateLimit-Policy");
    /// What one request to the registry holds; further limits stay as they are.
    private static final int LEASES_MAX = 20_000;
    /// A slice that shrank by this part of the limit: the registry is told soon, since others wait for that.
    private static final int TOLD_AT_ONCE_PART = 10;
    private static final long DAY_SECONDS = TimeUnit.DAYS.toSeconds(1);

    private record Pair(String keyId, String model) {}

    /// The rules of one table, by name. Compared by identity: while they stay equal it is the same object.
    private record Rules(LimitRules source, Map<String, LimitRules.Tenant> tenants, Map<String, Limits> models) {
        static final Rules NONE = of(LimitRules.NONE);

        static Rules of(LimitRules source) {
            Map<String, LimitRules.Tenant> tenants = new HashMap<>();
            source.tenants().forEach(tenant -> tenants.put(tenant.name(), tenant));
            Map<String, Limits> models = new HashMap<>();
            source.models().forEach(model -> models.put(model.name(), model.limits()));
            return new Rules(source, tenants, models);
        }
    }

    private static final class Entry implements Permit {
        private final Rules rules;
        private final Grant grant;
        private final Meter[] meters;
        private final @Nullable DayQuota quota;
        private final boolean countsRows;
        private final long forgetAfterNanos;
        private volatile long usedNanos;

        private Entry(Rules rules, Grant grant, Meter[] meters, @Nullable DayQuota quota, long nowNanos) {
            this.rules = rules;
            this.grant = grant;
            this.meters = meters;
            this.quota = quota;
            this.usedNanos = nowNanos;
            boolean rows = quota != null && quota.countsRows();
            long forgetAfter = 0;
            for (var meter : meters) {
                rows |= meter.unit() == Meter.Unit.ROWS;
                forgetAfter = Math.max(forgetAfter, meter.forgetAfterNanos());
            }
            this.countsRows = rows;
            this.forgetAfterNanos = forgetAfter;
        }

        private boolean isOf(Rules present, Grant caller) {
            return rules == present
                    && (grant == caller
                            || (grant.tenant().equals(caller.tenant())
                                    && grant.limits().equals(caller.limits())));
        }

        @Override
        public boolean countsRows() {
            return countsRows;
        }

        @Override
        public void ended(long rows) {
            for (var meter : meters) {
                if (meter.unit() == Meter.Unit.ROWS) {
                    meter.ended(rows);
                }
            }
            if (quota != null) {
                quota.ended(rows);
            }
        }
    }

    private final ConcurrentHashMap<Pair, Entry> entries = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Meter> meters = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, DayQuota> quotas = new ConcurrentHashMap<>();
    private final Semaphore news = new Semaphore(0);
    private final LimitProperties properties;
    private final Limit byDefault;
    private final LimitMetrics metrics;
    private final LongSupplier nanos;
    private final InstantSource clock;
    private volatile Rules rules = Rules.NONE;
    private volatile int gateways;

    /// @param nanos since a moment that all gateways share, such as 1970
    public RateLimits(LimitProperties properties, LimitMetrics metrics, LongSupplier nanos, InstantSource clock) {
        this.properties = properties;
        this.byDefault = new Limit(properties.permits(), properties.period().toMillis());
        this.metrics = metrics;
        this.nanos = nanos;
        this.clock = clock;
        this.gateways = properties.gateways();
    }

    /// The newest table's limits.
    public void follow(LimitRules newest) {
        if (!newest.equals(rules.source())) {
            var next = Rules.of(newest);
            rules = next;
            quotas.keySet().removeIf(tenant -> {
                var known = next.tenants().get(tenant);
                return known == null || known.quota().unlimited();
            });
        }
        evictIdle();
    }

    /// Takes what a call of this key on this model needs of every limit, or nothing.
    /// @throws ProblemException RATE_LIMITED, QUOTA_SPENT with the time after which it is worth to come back;
    ///     OVERLOADED when too many other pairs are in use
    public Permit spend(Grant grant, String model, Notes notes) {
        var entry = entry(grant, model);
        entry.usedNanos = nanos.getAsLong();
        if (entry.quota != null && !entry.quota.tryTake()) {
            throw quotaSpent(grant, entry.quota);
        }
        var taken = entry.meters;
        for (int i = 0; i < taken.length; i++) {
            if (!taken[i].tryTake()) {
                giveBack(entry, i);
                throw limited(grant, model, taken[i], notes);
            }
        }
        if (properties.headers()) {
            noteTightest(entry, notes);
        }
        return entry.countsRows ? entry : Permit.PLAIN;
    }

    private static void giveBack(Entry entry, int before) {
        for (int i = 0; i < before; i++) {
            entry.meters[i].giveBack();
        }
        if (entry.quota != null) {
            entry.quota.giveBack();
        }
    }

    private ProblemException limited(Grant grant, String model, Meter meter, Notes notes) {
        metrics.refused(meter);
        note(meter, 0, notes);
        var limit = meter.limit();
        String who = switch (meter.scope()) {
            case KEY -> "key " + grant.keyId() + " on model " + model;
            case TENANT -> "tenant " + grant.tenant();
            case TENANT_MODEL -> "tenant " + grant.tenant() + " on model " + model;
            case MODEL -> "all callers of model " + model;
        };
        String what = meter.unit() == Meter.Unit.CALLS ? " calls in " : " rows in ";
        return ProblemException.retryAfter(
                Problem.RATE_LIMITED,
                who + ": the limit is " + limit.permits() + what + limit.periodMillis() + " ms",
                meter.retryAfterSeconds());
    }

    private ProblemException quotaSpent(Grant grant, DayQuota quota) {
        metrics.quotaRefused();
        long left = DAY_SECONDS - Math.floorMod(clock.instant().getEpochSecond(), DAY_SECONDS);
        var perDay = quota.quota();
        return ProblemException.retryAfter(
                Problem.QUOTA_SPENT,
                "tenant " + grant.tenant() + ": the quota of the day is "
                        + (perDay.callsPerDay() == null ? "" : perDay.callsPerDay() + " calls ")
                        + (perDay.rowsPerDay() == null ? "" : perDay.rowsPerDay() + " rows ") + "(midnight is UTC's)",
                quota.spent() ? (int) left : 1);
    }

    private static void noteTightest(Entry entry, Notes notes) {
        Meter tightest = null;
        double least = Double.MAX_VALUE;
        int left = 0;
        for (var meter : entry.meters) {
            int available = Math.max(0, meter.available());
            double part = (double) available / meter.limit().permits();
            if (part < least) {
                least = part;
                tightest = meter;
                left = available;
            }
        }
        if (tightest != null) {
            note(tightest, left, notes);
        }
    }

    /// The fields of draft-ietf-httpapi-ratelimit-headers; what is left is this gateway's part of it.
    private static void note(Meter meter, int left, Notes notes) {
        String policy = '"'
                + meter.scope().name().toLowerCase(Locale.ROOT).replace('_', '-')
                + '-'
                + meter.unit().name().toLowerCase(Locale.ROOT)
                + '"';
        notes.note(
                RATE_LIMIT_POLICY,
                policy + ";q=" + meter.limit().permits() + ";w="
                        + Math.max(1, Math.ceilDiv(meter.limit().periodMillis(), 1000L)));
        notes.note(RATE_LIMIT, policy + ";r=" + left + ";t=" + meter.secondsToTurn());
    }

    private Entry entry(Grant grant, String model) {
        var pair = new Pair(grant.keyId(), model);
        var known = entries.get(pair);
        return known != null && known.isOf(rules, grant) ? known : build(pair, grant);
    }

    private Entry build(Pair pair, Grant grant) {
        if (entries.size() >= properties.limitersMax() && !entries.containsKey(pair) && evictIdle() == 0) {
            throw ProblemException.retryAfter(
                    Problem.OVERLOADED,
                    "more than " + properties.limitersMax() + " pairs of key and model are in use",
                    1);
        }
        var present = rules;
        return entries.compute(pair, (_, known) -> {
            if (known != null && known.isOf(present, grant)) {
                return known;
            }
            var made =
                    new Entry(present, grant, metersOf(present, pair, grant), quota(present, grant), nanos.getAsLong());
            if (known != null) {
                release(known);
            }
            return made;
        });
    }

    private void release(Entry gone) {
        for (var meter : gone.meters) {
            meters.computeIfPresent(meter.name(), (_, present) -> present == meter && meter.unused() ? null : present);
        }
    }

    /// The widest limits last: what a narrow one refuses takes nothing of them.
    private Meter[] metersOf(Rules present, Pair pair, Grant grant) {
        var found = new ArrayList<Meter>(2);
        String key = "key/" + pair.keyId() + "/models/" + pair.model();
        var calls = grant.limits().calls();
        if (calls == null) {
            found.add(meter(key + "/calls", Meter.Scope.KEY, Meter.Unit.CALLS, byDefault, false));
        }
        add(found, key, Meter.Scope.KEY, grant.limits());
        var tenant = present.tenants().get(grant.tenant());
        if (tenant != null) {
            String name = "tenant/" + tenant.name();
            add(
                    found,
                    name + "/models/" + pair.model(),
                    Meter.Scope.TENANT_MODEL,
                    tenant.models().getOrDefault(pair.model(), Limits.NONE));
            add(found, name, Meter.Scope.TENANT, tenant.limits());
        }
        add(
                found,
                "model/" + pair.model(),
                Meter.Scope.MODEL,
                present.models().getOrDefault(pair.model(), Limits.NONE));
        return found.toArray(Meter[]::new);
    }

    private void add(List<Meter> found, String name, Meter.Scope scope, Limits limits) {
        if (limits.calls() != null) {
            found.add(meter(name + "/calls", scope, Meter.Unit.CALLS, limits.calls(), true));
        }
        if (limits.rows() != null) {
            found.add(meter(name + "/rows", scope, Meter.Unit.ROWS, limits.rows(), true));
        }
    }

    private Meter meter(String name, Meter.Scope scope, Meter.Unit unit, Limit limit, boolean leased) {
        return meters.compute(name, (_, known) -> {
            if (known != null && known.limit().equals(limit) && known.leased() == leased) {
                return known.used();
            }
            int first = limit.permits();
            if (leased && gateways > 1) {
                first = SliceRequest.first(limit.permits(), gateways);
            }
            if (leased) {
                news.release();
            }
            return new Meter(name, scope, unit, limit, leased, first, nanos).used();
        });
    }

    private @Nullable DayQuota quota(Rules present, Grant grant) {
        var tenant = present.tenants().get(grant.tenant());
        if (tenant == null || tenant.quota().unlimited()) {
            return null;
        }
        return quotas.compute(tenant.name(), (name, known) -> {
            if (known != null && known.quota().equals(tenant.quota())) {
                return known;
            }
            news.release();
            return known == null ? new DayQuota(name, tenant.quota(), today()) : known.changed(tenant.quota());
        });
    }

    private long today() {
        return Math.floorDiv(clock.instant().getEpochSecond(), DAY_SECONDS);
    }

    /// How many pairs were forgotten.
    public int evictIdle() {
        long now = nanos.getAsLong();
        int evicted = 0;
        for (var pair : entries.entrySet()) {
            var entry = pair.getValue();
            if (now - entry.usedNanos > entry.forgetAfterNanos && entries.remove(pair.getKey(), entry)) {
                release(entry);
                evicted++;
            }
        }
        return evicted;
    }

    /// What the registry is asked. One thread, with [#accept].
    ///
    /// @param elapsed since the last one
    SliceRequest request(String gatewayId, String incarnation, boolean leaving, Duration elapsed) {
        var leases = new ArrayList<SliceRequest.Lease>();
        leased().limit(LEASES_MAX).forEach(meter -> leases.add(meter.lease()));
        long today = today();
        var usages = new ArrayList<SliceRequest.Usage>();
        quotas.values().forEach(quota -> {
            quota.turn(today, gateways);
            quota.report(usages);
        });
        return new SliceRequest(
                gatewayId, incarnation, leaving, gateways, Math.max(1, elapsed.toMillis()), leases, usages);
    }

    Stream<Meter> leased() {
        return meters.values().stream().filter(Meter::leased);
    }

    /// Waits until there is something to ask or to tell that cannot wait, or for `longest`.
    void awaitNews(Duration longest) throws InterruptedException {
        if (news.tryAcquire(longest.toMillis(), TimeUnit.MILLISECONDS)) {
            takeNews();
        }
    }

    void takeNews() {
        news.drainPermits();
    }

    boolean hasNews() {
        return news.availablePermits() > 0;
    }

    /// Follows the registry's answer to `asked`.
    void accept(SliceRequest asked, SliceAnswer answer) {
        if (answer.gateways() > 0) {
            gateways = answer.gateways();
        }
        for (var slice : answer.slices()) {
            var meter = meters.get(slice.limit());
            if (meter != null && meter.leased()) {
                int before = meter.held();
                meter.resize(Math.min(slice.permits(), meter.limit().permits()));
                if (before - meter.held() >= Math.max(1, meter.limit().permits() / TOLD_AT_ONCE_PART)) {
                    news.release();
                }
            }
        }
        for (var allowance : answer.allowances()) {
            var quota = quotas.get(allowance.tenant());
            if (quota != null) {
                asked.usages().stream()
                        .filter(usage -> usage.tenant().equals(allowance.tenant())
                                && Objects.equals(usage.quota(), quota.quota()))
                        .findFirst()
                        .ifPresent(usage -> quota.allowed(allowance, usage));
            }
        }
    }

    /// Pairs of key and model that are remembered.
    public int size() {
        return entries.size();
    }

    /// Limits of which this gateway has a slice.
    public int leases() {
        return (int) leased().count();
    }

    /// Gateways that share limits, this one included.
    public int gateways() {
        return gateways;
    }
}
