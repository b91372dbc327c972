package io.presage.api.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/// What limits refused, listed in `docs/metrics.md`. Any thread.
public final class LimitMetrics {
    private final Map<Meter.Scope, Map<Meter.Unit, Counter>> refused = new EnumMap<>(Meter.Scope.class);
    private final Counter quota;

    public LimitMetrics(MeterRegistry meters) {
        for (var scope : Meter.Scope.values()) {
            var units = new EnumMap<Meter.Unit, Counter>(Meter.Unit.class);
            for (var unit : Meter.Unit.values()) {
                units.put(unit, counter(meters, lower(scope), lower(unit)));
            }
            refused.put(scope, units);
        }
        quota = counter(meters, "quota", "day");
    }

    private static Counter counter(MeterRegistry meters, String scope, String unit) {
        return Counter.builder("presage_gateway_limited_total")
                .description("Calls refused by a limit or quota")
                .tag("scope", scope)
                .tag("unit", unit)
                .register(meters);
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    void refused(Meter meter) {
        var units = refused.get(meter.scope());
        var counter = units == null ? null : units.get(meter.unit());
        if (counter != null) {
            counter.increment();
        }
    }

    void quotaRefused() {
        quota.increment();
    }
}
