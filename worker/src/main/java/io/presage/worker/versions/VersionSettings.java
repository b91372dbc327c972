package io.presage.worker.versions;

import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `worker.versions.*`.
///
/// @param loadingMax versions that are loaded or validated at a time: 1..64; one more when calls wait for it. They
///     are fetched and unpacked side by side, but put into memory one by one
/// @param loadingShare of the machine's CPU time that loads which no call waits for may take while calls are run:
///     above 0; 1 = they make no pauses
/// @param failedRetry after that long a version that failed to load is tried again
/// @param inlineMax a version whose call of one row takes less runs on the event loop where its bytes arrive; 0
///     = none does
/// @param residencyMin a version that became Ready less than that ago is not evicted for another
/// @param reloadMax time that a minute may spend on loading again what was evicted less than a minute before; over
///     it calls get 503 instead
/// @param waitingMax calls that may wait for versions to be loaded: 1..1000000
public record VersionSettings(
        @DefaultValue("1") int loadingMax,
        @DefaultValue("0.01") double loadingShare,
        @DefaultValue("60s") @NotNull Duration failedRetry,
        @DefaultValue("100us") @NotNull Duration inlineMax,
        @DefaultValue("30s") @NotNull Duration residencyMin,
        @DefaultValue("15s") @NotNull Duration reloadMax,
        @DefaultValue("1024") int waitingMax) {
    public VersionSettings {
        if (loadingMax < 1 || loadingMax > 64) {
            throw new IllegalArgumentException("worker.versions.loading-max: " + loadingMax + " (expected: 1..64)");
        }
        if (!(loadingShare > 0 && loadingShare <= 1)) {
            throw new IllegalArgumentException(
                    "worker.versions.loading-share: " + loadingShare + " (expected: above 0, at most 1)");
        }
        if (failedRetry.isNegative() || inlineMax.isNegative()) {
            throw new IllegalArgumentException("worker.versions.failed-retry and inline-max: " + failedRetry + ", "
                    + inlineMax + " (expected: 0 or more)");
        }
        if (residencyMin.isNegative() || reloadMax.isNegative()) {
            throw new IllegalArgumentException("worker.versions.residency-min and reload-max: " + residencyMin + ", "
                    + reloadMax + " (expected: 0 or more)");
        }
        if (waitingMax < 1 || waitingMax > 1_000_000) {
            throw new IllegalArgumentException(
                    "worker.versions.waiting-max: " + waitingMax + " (expected: 1..1000000)");
        }
    }
}
