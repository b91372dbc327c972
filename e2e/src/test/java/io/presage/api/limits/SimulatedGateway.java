package io.presage.api.limits;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.presage.api.access.Grant;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.LimitRules;
import io.presage.contract.state.Limits;
import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;

/// A gateway's limits on a clock of the simulation's, without a gateway around them.
public final class SimulatedGateway {
    private static final Grant KEY = new Grant("k", "acme", Set.of(), Set.of(), Limits.NONE);

    private final String id;
    private final RateLimits limits;
    private final LongSupplier nanos;
    private long askedNanos;

    /// @param gateways that it assumes before it heard of the registry
    public SimulatedGateway(String id, LimitRules rules, int gateways, LongSupplier nanos) {
        this.id = id;
        this.nanos = nanos;
        this.askedNanos = nanos.getAsLong();
        this.limits = new RateLimits(
                new LimitProperties(
                        1_000_000,
                        Duration.ofMillis(1),
                        1000,
                        gateways,
                        false,
                        new SliceProperties(Duration.ofSeconds(1), Duration.ofSeconds(1))),
                new LimitMetrics(new SimpleMeterRegistry()),
                nanos,
                () -> Instant.ofEpochSecond(0, nanos.getAsLong()));
        limits.follow(rules);
    }

    /// A call of one key of tenant acme; empty when it is refused.
    public Optional<Permit> call() {
        try {
            return Optional.of(limits.spend(KEY, "m", (_, _) -> {}));
        } catch (ProblemException _) {
            return Optional.empty();
        }
    }

    /// As the loop of a gateway does: each second, and soon when there is something new to ask.
    public boolean isDue(long phaseNanos) {
        long sinceLast = nanos.getAsLong() - askedNanos;
        return sinceLast >= 1_000_000_000L - phaseNanos || (limits.hasNews() && sinceLast >= 100_000_000L);
    }

    /// One exchange; `registry` is empty when it cannot be reached.
    public void exchange(Optional<Function<SliceRequest, SliceAnswer>> registry) {
        long now = nanos.getAsLong();
        var request = limits.request(id, id, false, Duration.ofNanos(now - askedNanos));
        askedNanos = now;
        limits.takeNews();
        registry.ifPresent(asked -> limits.accept(request, asked.apply(request)));
    }

    /// What it holds of its one limit; 0 while it has not used it.
    public int held() {
        return limits.leased().mapToInt(Meter::held).sum();
    }

    /// When periods of `limit` begin, after those of the clock.
    public static long shiftNanos(String limit, Duration period) {
        return Meter.shift(limit, period.toNanos());
    }
}
