package io.presage.registry.workers;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `registry.workers.*`
///
/// @param lostAfter a worker unheard of for this long is lost: its replicas leave the routing table
/// @param forgetAfter a lost worker is deleted after this long
public record WorkerProperties(
        @DefaultValue("15s") Duration lostAfter,
        @DefaultValue("1d") Duration forgetAfter) {
    public WorkerProperties {
        if (lostAfter.toMillis() < 100) {
            throw new IllegalArgumentException(
                    "registry.workers.lost-after: " + lostAfter + " (expected: at least 100ms)");
        }
        if (forgetAfter.compareTo(lostAfter) < 0) {
            throw new IllegalArgumentException(
                    "registry.workers.forget-after: " + forgetAfter + " (expected: at least lost-after)");
        }
    }
}
