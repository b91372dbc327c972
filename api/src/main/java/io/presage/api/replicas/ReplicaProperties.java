package io.presage.api.replicas;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `gateway.replicas`: when a worker is left alone.
///
/// @param inFlightMax calls that one gateway has on one worker at once, 1..100000; more are shed
/// @param circuitWindow last calls that a circuit looks at, 2..1000
/// @param circuitCallsMin calls before a circuit may open, 1..`circuitWindow`
/// @param circuitFailurePercent share of failed calls that opens it, 1..100
/// @param circuitOpen how long it stays open before a call may probe the worker again
/// @param timeoutCountsFrom a call that ran out of time says something about the worker only if it had this
///     long
/// @param concurrency calls on one version at once
/// @param ejection of replicas that do worse than the others of their version
public record ReplicaProperties(
        @DefaultValue("1024") @Min(1) @Max(100_000) int inFlightMax,
        @DefaultValue("20") @Min(2) @Max(1000) int circuitWindow,
        @DefaultValue("5") @Min(1) @Max(1000) int circuitCallsMin,
        @DefaultValue("50") @Min(1) @Max(100) int circuitFailurePercent,
        @DefaultValue("1s") Duration circuitOpen,
        @DefaultValue("1s") Duration timeoutCountsFrom,
        @Valid @DefaultValue ConcurrencyProperties concurrency,
        @Valid @DefaultValue EjectionProperties ejection) {
    public ReplicaProperties {
        if (circuitCallsMin > circuitWindow) {
            throw new IllegalArgumentException("gateway.replicas.circuit-calls-min: " + circuitCallsMin
                    + " (expected: at most circuit-window, " + circuitWindow + ")");
        }
        if (circuitOpen.toMillis() < 1 || timeoutCountsFrom.isNegative()) {
            throw new IllegalArgumentException("gateway.replicas.circuit-open: " + circuitOpen
                    + ", timeout-counts-from: " + timeoutCountsFrom + " (expected: at least 1ms, at least 0)");
        }
    }
}
