package io.presage.api.replicas;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.contract.state.RoutingTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All workers of the present routing table. [#update] belongs to the feed's thread; [#pick] to any.
public final class Replicas {
    private static final Logger log = LoggerFactory.getLogger(Replicas.class);

    private final ReplicaProperties properties;
    private final CircuitBreakerConfig circuits;
    private final MeterRegistry meters;
    private Map<String, Replica> byId = Map.of();
    private final Map<String, List<Meter>> gauges = new HashMap<>();

    public Replicas(ReplicaProperties properties, MeterRegistry meters) {
        this.properties = properties;
        this.meters = meters;
        this.circuits = circuits(properties).build();
    }

    static CircuitBreakerConfig.Builder circuits(ReplicaProperties properties) {
        return CircuitBreakerConfig.custom()
                .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(properties.circuitWindow())
                .minimumNumberOfCalls(properties.circuitCallsMin())
                .failureRateThreshold(properties.circuitFailurePercent())
                .waitDurationInOpenState(properties.circuitOpen())
                .permittedNumberOfCallsInHalfOpenState(1)
                .writableStackTraceEnabled(false);
    }

    /// Keeps what is known of a worker as long as its address stays; a worker that moved starts afresh.
    public Map<String, Replica> update(List<RoutingTable.Worker> workers) {
        Map<String, Replica> next = HashMap.newHashMap(workers.size());
        for (var worker : workers) {
            Replica known = byId.get(worker.id());
            boolean same = known != null && known.host().equals(worker.host()) && known.port() == worker.port();
            next.put(worker.id(), same ? known : added(worker));
        }
        byId.keySet().stream().filter(id -> !next.containsKey(id)).forEach(this::forget);
        byId = Map.copyOf(next);
        return byId;
    }

    private Replica added(RoutingTable.Worker worker) {
        forget(worker.id());
        var circuit = CircuitBreaker.of(worker.id(), circuits);
        circuit.getEventPublisher()
                .onStateTransition(event -> log.warn(
                        "event=circuit worker={} from={} to={}",
                        worker.id(),
                        event.getStateTransition().getFromState(),
                        event.getStateTransition().getToState()));
        var replica = new Replica(worker.id(), worker.host(), worker.port(), properties.inFlightMax(), circuit);
        gauges.put(
                worker.id(),
                List.of(
                        Gauge.builder("presage_gateway_replica_in_flight", replica, Replica::inFlight)
                                .tag("worker", worker.id())
                                .register(meters),
                        Gauge.builder("presage_gateway_circuit_open", replica, Replicas::openness)
                                .tag("worker", worker.id())
                                .register(meters)));
        return replica;
    }

    private void forget(String workerId) {
        List<Meter> known = gauges.remove(workerId);
        if (known != null) {
            known.forEach(meters::remove);
        }
    }

    private static double openness(Replica replica) {
        return switch (replica.circuit().getState()) {
            case CLOSED, DISABLED, METRICS_ONLY -> 0;
            case HALF_OPEN -> 0.5;
            case OPEN, FORCED_OPEN -> 1;
        };
    }

    /// Picks one of `ready`, leaving out those in `tried`.
    public static Pick pick(List<Replica> ready, List<Replica> tried, RandomGenerator random) {
        var chosen = ReplicaChoice.choose(ready, tried, random);
        if (chosen.isPresent()) {
            return new Pick.Picked(chosen.get());
        }
        List<Replica> left = new ArrayList<>(ready);
        left.removeAll(tried);
        if (left.isEmpty()) {
            return new Pick.NoneReady();
        }
        return left.stream().anyMatch(Replica::busy) ? new Pick.AllBusy() : new Pick.AllBroken();
    }
}
