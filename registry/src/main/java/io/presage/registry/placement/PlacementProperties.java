package io.presage.registry.placement;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `registry.placement.*`
///
/// @param overcommit versions assigned to a worker may need this many times its memory; 1 = all fit at once.
///     What does not fit is evicted when its memory is wanted and loaded again by the next call
/// @param failedMemory how long a worker on which a version failed is avoided for it
public record PlacementProperties(
        @DefaultValue("4.0") double overcommit,
        @DefaultValue("10m") Duration failedMemory) {
    public PlacementProperties {
        if (!(overcommit >= 1 && overcommit <= 1000)) {
            throw new IllegalArgumentException("registry.placement.overcommit: " + overcommit + " (expected: 1..1000)");
        }
        if (failedMemory.toMillis() < 1000) {
            throw new IllegalArgumentException(
                    "registry.placement.failed-memory: " + failedMemory + " (expected: at least 1s)");
        }
    }
}
