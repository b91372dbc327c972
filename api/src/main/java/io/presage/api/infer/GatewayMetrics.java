package io.presage.api.infer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.presage.api.replicas.Priority;
import io.presage.api.routes.RoutingIndex;
import io.presage.api.routes.VersionRoute;
import io.presage.contract.problem.Problem;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// The gateway's own numbers, listed in `docs/metrics.md`. Labels come from the routing table and from enums,
/// never from a request; what leaves the table leaves the metrics. Any thread; a record costs a map look-up and
/// two additions.
public final class GatewayMetrics {
    /// How a predict call ended for its caller.
    enum Outcome {
        OK,
        CALLER_ERROR,
        LIMITED,
        UNAVAILABLE,
        DEADLINE,
        FAILED,
        CANCELLED;

        private final String label = name().toLowerCase(Locale.ROOT);

        static Outcome ofStatus(int status) {
            return switch (status) {
                case 429 -> LIMITED;
                case 502, 503 -> UNAVAILABLE;
                case 504 -> DEADLINE;
                default -> status < 400 ? OK : status < 500 ? CALLER_ERROR : FAILED;
            };
        }
    }

    /// Why a call was tried again.
    enum Retry {
        REFUSED,
        UNREACHABLE,
        BROKEN,
        CROWDED,
        VERSION_MOVED,
        HEDGE
    }

    private record Version(String model, int version) {}

    private static final Duration[] BUCKETS = {
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30)
    };

    private final MeterRegistry meters;
    private final Map<Version, Map<Outcome, Timer>> durations = new ConcurrentHashMap<>();
    private final Map<Problem, Counter> refusals = new EnumMap<>(Problem.class);
    private final Map<Problem, Counter> shed = new EnumMap<>(Problem.class);
    private final Map<Retry, Counter> retries = new EnumMap<>(Retry.class);
    private final Counter retriesDenied;
    private final Map<Priority, Counter> limited = new EnumMap<>(Priority.class);
    private final Counter waited;

    public GatewayMetrics(MeterRegistry meters) {
        this.meters = meters;
        for (var problem : Problem.values()) {
            refusals.put(
                    problem,
                    Counter.builder("presage_gateway_refused_total")
                            .description("Errors that the gateway itself answered")
                            .tag("code", problem.name())
                            .register(meters));
            if (problem.type() == Problem.Type.OVERLOAD) {
                shed.put(
                        problem,
                        Counter.builder("presage_shed_total")
                                .description("Calls refused because of load")
                                .tag("reason", problem.name().toLowerCase(Locale.ROOT))
                                .register(meters));
            }
        }
        for (var reason : Retry.values()) {
            retries.put(
                    reason,
                    Counter.builder("presage_gateway_retries_total")
                            .description("Second attempts")
                            .tag("reason", reason.name().toLowerCase(Locale.ROOT))
                            .register(meters));
        }
        retriesDenied = Counter.builder("presage_gateway_retries_denied_total")
                .description("Second attempts that the retry budget did not allow")
                .register(meters);
        for (var priority : Priority.values()) {
            limited.put(
                    priority,
                    Counter.builder("presage_gateway_target_limited_total")
                            .description("Calls refused because their version had as many in flight as it can take")
                            .tag("priority", priority.name().toLowerCase(Locale.ROOT))
                            .register(meters));
        }
        waited = Counter.builder("presage_gateway_waited_total")
                .description("Calls that waited for a version that was being loaded")
                .register(meters);
    }

    /// The gateway answered `problem` itself.
    public void refused(Problem problem) {
        count(refusals, problem);
        if (problem.type() == Problem.Type.OVERLOAD) {
            count(shed, problem);
        }
    }

    void retried(Retry reason) {
        count(retries, reason);
    }

    void retryDenied() {
        retriesDenied.increment();
    }

    /// There was no room for a call of this class.
    void limited(Priority priority) {
        count(limited, priority);
    }

    void waited() {
        waited.increment();
    }

    private static <K> void count(Map<K, Counter> counters, K key) {
        var counter = counters.get(key);
        if (counter != null) {
            counter.increment();
        }
    }

    void finished(VersionRoute route, Outcome outcome, long elapsedNanos) {
        durations
                .computeIfAbsent(new Version(route.model(), route.version()), _ -> new ConcurrentHashMap<>())
                .computeIfAbsent(outcome, _ -> timer(route, outcome))
                .record(elapsedNanos, TimeUnit.NANOSECONDS);
    }

    private Timer timer(VersionRoute route, Outcome outcome) {
        return Timer.builder("presage_gateway_request_duration_seconds")
                .description("Predict calls, from head to end of answer")
                .tag("model", route.model())
                .tag("version", route.number())
                .tag("outcome", outcome.label)
                .serviceLevelObjectives(BUCKETS)
                .register(meters);
    }

    /// Forgets the versions that `index` no longer has. A call that is still in flight may bring one back for a
    /// while: until the next table.
    public void retain(RoutingIndex index) {
        durations.forEach((version, timers) -> {
            if (!index.has(version.model(), version.version())) {
                durations.remove(version);
                timers.values().forEach(meters::remove);
            }
        });
    }
}
