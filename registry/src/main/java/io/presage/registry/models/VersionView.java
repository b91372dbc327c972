package io.presage.registry.models;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A version as the control API shows it.
///
/// @param deployed whether workers should hold it now
/// @param attempts validations that were lost with their worker
/// @param reason why it is not READY yet; absent when decided
/// @param profile what validation measured; absent unless it was READY
/// @param failure the failure card; absent unless REJECTED
record VersionView(
        String model,
        int version,
        VersionState state,
        String sha256,
        long bytes,
        boolean deployed,
        int attempts,
        Instant uploadedAt,
        @Nullable Instant decidedAt,
        @Nullable String reason,
        @Nullable JsonNode profile,
        @Nullable JsonNode failure) {}
