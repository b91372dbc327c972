package io.presage.registry.limits;

import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `registry.limits.*`
///
/// @param gatewayLostAfter a gateway that did not ask for its slices for this long is lost: what it held goes
///     to the others. Also how long after its own start the registry lets nothing grow. At least 100ms, and
///     two of gateways' `gateway.limits.slices.interval` and one of their `timeout`, or one lost answer costs a
///     slice
/// @param usageKept how long the usage of a day is kept, at least 1d
public record LimitsProperties(
        @DefaultValue("3s") Duration gatewayLostAfter,
        @DefaultValue("90d") Duration usageKept) {
    public LimitsProperties {
        if (gatewayLostAfter.toMillis() < 100) {
            throw new IllegalArgumentException(
                    "registry.limits.gateway-lost-after: " + gatewayLostAfter + " (expected: at least 100ms)");
        }
        if (usageKept.toDays() < 1) {
            throw new IllegalArgumentException("registry.limits.usage-kept: " + usageKept + " (expected: at least 1d)");
        }
    }
}
