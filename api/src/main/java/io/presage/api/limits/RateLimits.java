package io.presage.api.limits;

import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter;
import io.presage.api.access.Grant;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Limit;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// One rate limiter for each key and model that is in use. Any thread; never waits.
///
/// The number of limiters is bounded. One that was idle for its whole period has all its permits again, so that
/// forgetting it loses nothing; [#evictIdle] does so from time to time, and at once when there is no room.
public final class RateLimits {
    private record Pair(String keyId, String model) {}

    private static final class Entry {
        private final Limit limit;
        private final AtomicRateLimiter limiter;
        private volatile long usedNanos;

        private Entry(Limit limit, long nowNanos) {
            this.limit = limit;
            this.usedNanos = nowNanos;
            this.limiter = new AtomicRateLimiter(
                    "key-and-model",
                    RateLimiterConfig.custom()
                            .limitForPeriod(limit.permits())
                            .limitRefreshPeriod(Duration.ofMillis(limit.periodMillis()))
                            .timeoutDuration(Duration.ZERO)
                            .build());
        }

        private boolean idle(long nowNanos) {
            return nowNanos - usedNanos > TimeUnit.MILLISECONDS.toNanos(2 * limit.periodMillis());
        }
    }

    private final ConcurrentHashMap<Pair, Entry> entries = new ConcurrentHashMap<>();
    private final Limit byDefault;
    private final int limitersMax;
    private final LongSupplier nanos;

    public RateLimits(LimitProperties properties, LongSupplier nanos) {
        this.byDefault = new Limit(properties.permits(), properties.period().toMillis());
        this.limitersMax = properties.limitersMax();
        this.nanos = nanos;
    }

    /// Takes one permit of this key on this model.
    /// @throws ProblemException RATE_LIMITED with the time until the next permit; OVERLOADED when too many
    ///     other pairs are in use
    public void spend(Grant grant, String model) {
        var own = grant.limits().calls();
        var limit = own == null ? byDefault : own;
        var entry = entry(new Pair(grant.keyId(), model), limit);
        entry.usedNanos = nanos.getAsLong();
        if (!entry.limiter.acquirePermission(1)) {
            long waitNanos = entry.limiter.getDetailedMetrics().getNanosToWait();
            throw ProblemException.retryAfter(
                    Problem.RATE_LIMITED,
                    "key " + grant.keyId() + " may call model " + model + " " + limit.permits() + " times in "
                            + limit.periodMillis() + " ms",
                    (int) Math.max(1, Math.ceilDiv(waitNanos, TimeUnit.SECONDS.toNanos(1))));
        }
    }

    private Entry entry(Pair pair, Limit limit) {
        var known = entries.get(pair);
        if (known != null && known.limit.equals(limit)) {
            return known;
        }
        if (known == null && entries.size() >= limitersMax && evictIdle() == 0) {
            throw ProblemException.retryAfter(
                    Problem.OVERLOADED, "more than " + limitersMax + " pairs of key and model are in use", 1);
        }
        return entries.compute(
                pair,
                (_, present) ->
                        present != null && present.limit.equals(limit) ? present : new Entry(limit, nanos.getAsLong()));
    }

    /// How many were forgotten.
    public int evictIdle() {
        long now = nanos.getAsLong();
        int before = entries.size();
        entries.values().removeIf(entry -> entry.idle(now));
        return Math.max(0, before - entries.size());
    }

    public int size() {
        return entries.size();
    }
}
