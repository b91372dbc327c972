package io.presage.api.forward;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.hedging`: a second attempt at another replica for calls that take unusually long; the first answer
/// counts. Hedges are paid from the retry budget.
///
/// @param enabled only where running a call twice does no harm
/// @param percentile of what calls to the version take, after which a call is hedged: 50..99
/// @param delayMin never sooner than this, 1ms..1m
public record HedgingProperties(
        @DefaultValue("false") boolean enabled,
        @DefaultValue("95") @Min(50) @Max(99) int percentile,
        @DefaultValue("5ms") Duration delayMin) {
    public HedgingProperties {
        if (delayMin.toMillis() < 1 || delayMin.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException("gateway.hedging.delay-min: " + delayMin + " (expected: 1ms..1m)");
        }
    }
}
