package io.presage.worker.versions;

import io.presage.contract.state.Tuning;
import org.jspecify.annotations.Nullable;

/// One attempt to bring a version into memory.
///
/// @param bytes of the package as it was uploaded
/// @param tuning as it was measured at the validation; null when it was not
/// @param known from the last time that it was here; null at the first time
record LoadRequest(
        VersionKey key,
        String sha256,
        long bytes,
        @Nullable Tuning tuning,
        @Nullable Known known,
        Room room) {

    /// @param memoryBytes as measured
    record Known(CallProbe.Cost cost, Tuning tuning, long memoryBytes) {}
}
