package io.presage.registry.shadows;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One pair of versions as the control API shows it.
///
/// @param compared `same` and `different`
/// @param topChanged of the compared
/// @param meanMillis of the compared calls; absent while there are none
/// @param since of the first report that is in it
record ShadowView(
        int version,
        int shadow,
        long compared,
        long same,
        long different,
        long topChanged,
        long mismatched,
        long failed,
        long dropped,
        double differenceMax,
        @Nullable Double meanMillis,
        @Nullable Double shadowMeanMillis,
        Instant since,
        Instant reportedAt) {}
