package io.presage.api.shadow;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.shadow`: calls that are sent to a second version as well, to compare the answers.
///
/// @param reportEvery how often what is new goes to the registry, at least 100ms
public record ShadowProperties(@DefaultValue("10s") Duration reportEvery) {
    public ShadowProperties {
        if (reportEvery.toMillis() < 100) {
            throw new IllegalArgumentException(
                    "gateway.shadow.report-every: " + reportEvery + " (expected: at least 100ms)");
        }
    }
}
