package io.presage.api.replicas;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/// The versions that were called since they came into the routing table. Any thread.
public final class Targets {
    private record Known(String model, int version, Target target, List<Meter> meters) {}

    /// Asked whether a version is still there.
    @FunctionalInterface
    public interface Present {
        boolean has(String model, int version);
    }

    private final Target.Terms terms;
    private final MeterRegistry meters;
    private final LongSupplier nanos;
    private final Map<String, Known> byPath = new ConcurrentHashMap<>();
    private final Map<EjectionPolicy.Cause, Counter> ejections = new EnumMap<>(EjectionPolicy.Cause.class);

    /// @param isQuantileKept whether targets are asked for a quantile of what calls take
    public Targets(ReplicaProperties properties, boolean isQuantileKept, MeterRegistry meters, LongSupplier nanos) {
        this.terms = new Target.Terms(
                properties.concurrency().terms(),
                properties.concurrency().shares(),
                properties.ejection().terms(),
                isQuantileKept);
        this.meters = meters;
        this.nanos = nanos;
        for (var cause : EjectionPolicy.Cause.values()) {
            ejections.put(
                    cause,
                    Counter.builder("presage_gateway_ejections_total")
                            .description("Replicas that were left alone for a while")
                            .tag("cause", cause.name().toLowerCase(Locale.ROOT))
                            .register(meters));
        }
    }

    /// `path` names a version of a model and is the key: it is made once for each table, and finds its target
    /// without an allocation.
    public Target of(String path, String model, String version) {
        var known = byPath.get(path);
        return known == null ? added(path, model, version) : known.target();
    }

    private Target added(String path, String model, String version) {
        return byPath.computeIfAbsent(path, _ -> {
                    var target = new Target(model + "/" + version, terms, nanos, this::ejected);
                    return new Known(
                            model,
                            Integer.parseInt(version),
                            target,
                            List.of(
                                    gauge("presage_gateway_target_limit", target, Target::permits, model, version),
                                    gauge("presage_gateway_target_in_flight", target, Target::inFlight, model, version),
                                    gauge("presage_gateway_target_ejected", target, Target::ejected, model, version)));
                })
                .target();
    }

    private Gauge gauge(String name, Target target, ToDoubleFunction<Target> value, String model, String version) {
        return Gauge.builder(name, target, value)
                .tag("model", model)
                .tag("version", version)
                .register(meters);
    }

    private void ejected(EjectionPolicy.Cause cause) {
        var counter = ejections.get(cause);
        if (counter != null) {
            counter.increment();
        }
    }

    /// Forgets versions that are not there any more. A call that is still in flight may bring one back: until
    /// the next table.
    public void retain(Present present) {
        byPath.forEach((path, known) -> {
            if (!present.has(known.model(), known.version()) && byPath.remove(path, known)) {
                known.meters().forEach(meters::remove);
            }
        });
    }
}
