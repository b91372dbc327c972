package io.presage.worker.baked;

import java.util.List;
import java.util.Map;

/// Which models a worker without a registry serves, out of its configuration.
public final class BakedIn {
    private BakedIn() {}

    /// Reads every package once.
    ///
    /// @throws IllegalStateException naming the key that is wrong
    public static BakedInPackages packages(BakedInSettings settings, DjlProperties djl) {
        if (!djl.isGiven()) {
            return BakedInPackages.of(settings.models().entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .map(model -> new BakedInModel(
                            "worker.baked-in.models." + model.getKey(), model.getKey(), model.getValue(), null))
                    .toList());
        }
        if (!settings.models().isEmpty()) {
            throw new IllegalStateException("worker.baked-in.models and djl.*: both are set (expected: one of them)");
        }
        return BakedInPackages.of(List.of(DjlModel.of(djl)));
    }

    /// True when some model is configured.
    public static boolean isGiven(BakedInSettings settings, DjlProperties djl) {
        return !settings.models().isEmpty() || djl.isGiven();
    }
}
