package io.presage.worker.versions;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// How versions come and go. Any thread.
final class ResidencyMeters {
    private final Timer loads;
    private final Timer reloads;
    private final Counter evictions;
    private final Map<Room.Why, Counter> refusals = new EnumMap<>(Room.Why.class);

    ResidencyMeters(MeterRegistry registry) {
        this.loads = loads(registry, "assignment");
        this.reloads = loads(registry, "call");
        this.evictions = Counter.builder("presage.evictions")
                .description("Versions that gave their memory to others")
                .register(registry);
        for (var why : Room.Why.values()) {
            refusals.put(
                    why,
                    Counter.builder("presage.load.refusals")
                            .description("Loads that were put off because there was no memory")
                            .tag("reason", why.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    private static Timer loads(MeterRegistry registry, String cause) {
        return Timer.builder("presage.load.duration")
                .description("From a version's files to its first answers")
                .tag("cause", cause)
                .register(registry);
    }

    void loaded(boolean isForCall, long nanos) {
        (isForCall ? reloads : loads).record(nanos, TimeUnit.NANOSECONDS);
    }

    void evicted() {
        evictions.increment();
    }

    void refused(Room.Why why) {
        refusals.getOrDefault(why, evictions).increment();
    }
}
