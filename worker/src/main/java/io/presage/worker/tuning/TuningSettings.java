package io.presage.worker.tuning;

import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `worker.tuning.*`.
///
/// @param budget how long the measurements of one validation may take, about: 0..60s; 0 = nothing is measured
///     and versions start with a setting that is sensible everywhere
public record TuningSettings(@DefaultValue("2s") @NotNull Duration budget) {
    public TuningSettings {
        if (budget.isNegative() || budget.compareTo(Duration.ofSeconds(60)) > 0) {
            throw new IllegalArgumentException("worker.tuning.budget: " + budget + " (expected: 0s..60s)");
        }
    }
}
