package io.presage.api.limits;

import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter;
import io.presage.contract.state.Limit;
import io.presage.contract.state.SliceRequest;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// One limit as this gateway counts it: a resilience4j limiter whose permits are the gateway's slice.
///
/// Its periods begin at the same moments at every gateway, by the clock and shifted by the limit's name, so
/// that not all limits refill at once. A slice that grows is credited to the present period; one that shrinks
/// gives up what is unspent at once, and the rest when the period ends: until then [#held] says so. Thus what
/// all gateways spend in one period stays within the limit while slices move.
///
/// Rows are known when a call has ended: a call needs one permit to begin and takes the others then, into debt
/// if need be, which later periods pay. Debt ends at [#DEBT_SPAN] or ten periods.
///
/// Permits are taken on any thread; [#lease] and [#resize] are for the one thread that speaks to the registry.
final class Meter {
    enum Unit {
        CALLS,
        ROWS
    }

    /// What kind of limit it is: a label of metrics.
    enum Scope {
        KEY,
        TENANT,
        TENANT_MODEL,
        MODEL
    }

    private static final Duration DEBT_SPAN = Duration.ofMinutes(1);
    private static final int DEBT_PERIODS = 10;
    private static final int PERMITS_MAX = 1_000_000_000;
    /// Longer than any debt: a limiter of rows never refuses a reservation.
    private static final Duration FOR_EVER = Duration.ofDays(36_500);

    private final String name;
    private final Scope scope;
    private final Unit unit;
    private final Limit limit;
    private final boolean leased;
    private final AtomicRateLimiter limiter;
    private final LongSupplier nanos;
    private final long periodNanos;
    private final long originNanos;
    private final LongAdder wanted = new LongAdder();
    private volatile boolean closed;
    private volatile int slice;
    private int users;
    private int lingering;
    private long lingersIn = Long.MIN_VALUE;
    private volatile int rowsOfLast = 1;

    /// @param leased the registry says how much of it is this gateway's
    /// @param slice until it says so, 1 or more
    /// @param nanos since a moment that all gateways share
    Meter(String name, Scope scope, Unit unit, Limit limit, boolean leased, int slice, LongSupplier nanos) {
        this.name = name;
        this.scope = scope;
        this.unit = unit;
        this.limit = limit;
        this.leased = leased;
        this.slice = slice;
        this.nanos = nanos;
        this.periodNanos = TimeUnit.MILLISECONDS.toNanos(limit.periodMillis());
        long now = nanos.getAsLong();
        this.originNanos = now - Math.floorMod(now - shift(name, periodNanos), periodNanos);
        this.limiter = new AtomicRateLimiter(
                name,
                RateLimiterConfig.custom()
                        .limitForPeriod(slice)
                        .limitRefreshPeriod(Duration.ofMillis(limit.periodMillis()))
                        .timeoutDuration(unit == Unit.CALLS ? Duration.ZERO : FOR_EVER)
                        .build(),
                new FromOrigin(originNanos, nanos));
    }

    /// The limiter counts its periods from what the clock says first: that is the origin.
    private static final class FromOrigin implements Supplier<Long> {
        private final long originNanos;
        private final LongSupplier nanos;
        private boolean begun;

        private FromOrigin(long originNanos, LongSupplier nanos) {
            this.originNanos = originNanos;
            this.nanos = nanos;
        }

        @Override
        public Long get() {
            if (!begun) {
                begun = true;
                return originNanos;
            }
            return nanos.getAsLong();
        }
    }

    /// By how much the periods of this limit begin later than those of the clock.
    static long shift(String name, long periodNanos) {
        return Math.floorMod(name.hashCode() * 0x9E3779B97F4A7C15L, periodNanos);
    }

    String name() {
        return name;
    }

    Scope scope() {
        return scope;
    }

    Unit unit() {
        return unit;
    }

    Limit limit() {
        return limit;
    }

    boolean leased() {
        return leased;
    }

    /// One more entry uses it. Within a step of the map that holds it, as [#unused].
    Meter used() {
        users++;
        return this;
    }

    /// One entry less; true when it was the last.
    boolean unused() {
        users--;
        return users == 0;
    }

    /// One permit, if there is one.
    boolean tryTake() {
        if (leased) {
            wanted.increment();
        }
        if (unit == Unit.CALLS) {
            return !closed && limiter.acquirePermission(1);
        }
        if (closed || available() < 1) {
            if (leased) {
                wanted.add(rowsOfLast - 1L);
            }
            return false;
        }
        limiter.reservePermission(1);
        return true;
    }

    /// The permit of a call that was not let in after all.
    void giveBack() {
        limiter.reservePermission(-1);
    }

    /// A call that had taken one permit ended with `rows`, 0 or more.
    void ended(long rows) {
        if (rows < 1) {
            giveBack();
            return;
        }
        rowsOfLast = (int) Math.min(rows, PERMITS_MAX);
        long more = Math.min(rows - 1, debtMax() + available());
        if (more > 0) {
            limiter.reservePermission((int) Math.min(more, PERMITS_MAX));
        }
        if (leased) {
            wanted.add(rows - 1);
        }
    }

    private long debtMax() {
        long periods = Math.max(DEBT_PERIODS, Math.ceilDiv(DEBT_SPAN.toNanos(), periodNanos));
        return Math.min(PERMITS_MAX, periods * Math.max(1, slice));
    }

    /// Permits left in the present period; below 0 in debt.
    int available() {
        return limiter.getMetrics().getAvailablePermissions();
    }

    /// How long until there is a permit: whole seconds, 1 or more.
    int retryAfterSeconds() {
        long waitNanos = closed ? 0 : limiter.getDetailedMetrics().getNanosToWait();
        return (int) Math.max(1, Math.ceilDiv(waitNanos, TimeUnit.SECONDS.toNanos(1)));
    }

    /// Seconds until the next period begins, 1 or more.
    long secondsToTurn() {
        long left = periodNanos - Math.floorMod(nanos.getAsLong() - originNanos, periodNanos);
        return Math.max(1, Math.ceilDiv(left, TimeUnit.SECONDS.toNanos(1)));
    }

    /// Unused for this long, it may be forgotten: it has all its permits again and no debt.
    long forgetAfterNanos() {
        long debtNanos = unit == Unit.ROWS ? Math.max(DEBT_SPAN.toNanos(), DEBT_PERIODS * periodNanos) : 0;
        return 2 * periodNanos + debtNanos;
    }

    private long period() {
        return Math.floorDiv(nanos.getAsLong() - originNanos, periodNanos);
    }

    /// The most that is let in during the present period.
    int held() {
        return slice + (period() == lingersIn ? lingering : 0);
    }

    /// What the registry is told, counted since the last time.
    SliceRequest.Lease lease() {
        return new SliceRequest.Lease(name, limit.permits(), limit.periodMillis(), held(), wanted.sumThenReset());
    }

    /// The registry gives this many permits a period from now on. With none the limiter keeps one, which it
    /// needs to count on, and is closed.
    void resize(int next) {
        int before = slice;
        if (next == before) {
            return;
        }
        if (period() != lingersIn) {
            lingering = 0;
        }
        int change = Math.max(1, next) - Math.max(1, before);
        // The limiter begins a period when it is asked: it is to begin this one by the old slice.
        limiter.reservePermission(0);
        limiter.changeLimitForPeriod(Math.max(1, next));
        if (next > before) {
            int stillHeld = Math.min(next - before, lingering);
            lingering -= stillHeld;
            if (change > stillHeld) {
                limiter.reservePermission(stillHeld - change);
            }
            closed = false;
        } else {
            int unspent = Math.min(-change, Math.max(0, available()));
            boolean given = unspent > 0 && limiter.reservePermission(unspent) == 0;
            closed = next == 0;
            boolean lastUnspent = next == 0 && available() > 0;
            lingering += before - next - (given ? unspent : 0) - (lastUnspent ? 1 : 0);
            lingersIn = period();
        }
        slice = next;
    }
}
