package io.presage.registry;

import io.presage.registry.access.AccessProperties;
import io.presage.registry.artifacts.ArtifactProperties;
import io.presage.registry.feed.FeedProperties;
import io.presage.registry.limits.LimitsProperties;
import io.presage.registry.placement.PlacementProperties;
import io.presage.registry.validation.ValidationProperties;
import io.presage.registry.workers.WorkerProperties;
import jakarta.validation.Valid;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// `registry.*`; an unknown key stops the start.
///
/// @param tick how often the control loop looks even if nothing changed
@Validated
@ConfigurationProperties(prefix = "registry", ignoreUnknownFields = false)
record RegistryProperties(
        @DefaultValue("1s") Duration tick,
        @Valid @DefaultValue ArtifactProperties artifacts,
        @Valid @DefaultValue AccessProperties access,
        @Valid @DefaultValue FeedProperties feed,
        @Valid @DefaultValue WorkerProperties workers,
        @Valid @DefaultValue ValidationProperties validation,
        @Valid @DefaultValue PlacementProperties placement,
        @Valid @DefaultValue LimitsProperties limits) {
    RegistryProperties {
        if (tick.toMillis() < 10) {
            throw new IllegalArgumentException("registry.tick: " + tick + " (expected: at least 10ms)");
        }
        // The loop takes a pause of half of lost-after for a database that was away.
        if (workers.lostAfter().compareTo(tick.multipliedBy(4)) < 0) {
            throw new IllegalArgumentException("registry.workers.lost-after: " + workers.lostAfter()
                    + " (expected: at least four times registry.tick, " + tick + ")");
        }
    }
}
