package io.presage.worker.versions;

import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `worker.versions.*`.
///
/// @param loadingMax versions that are loaded or validated at a time: 1..64
/// @param failedRetry after that long a version that failed to load is tried again
/// @param inlineMax a version whose call of one row takes less runs on the event loop where its bytes arrive; 0
///     = none does
public record VersionSettings(
        @DefaultValue("1") int loadingMax,
        @DefaultValue("60s") @NotNull Duration failedRetry,
        @DefaultValue("100us") @NotNull Duration inlineMax) {
    public VersionSettings {
        if (loadingMax < 1 || loadingMax > 64) {
            throw new IllegalArgumentException("worker.versions.loading-max: " + loadingMax + " (expected: 1..64)");
        }
        if (failedRetry.isNegative() || inlineMax.isNegative()) {
            throw new IllegalArgumentException("worker.versions.failed-retry and inline-max: " + failedRetry + ", "
                    + inlineMax + " (expected: 0 or more)");
        }
    }
}
