package io.presage.registry.models;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A version as the control API shows it.
///
/// @param deployed whether workers should hold it now
/// @param attempts validations that were lost with their worker
/// @param reason why it is not READY yet; absent when decided
/// @param profile what validation measured; absent unless it was READY
/// @param failure the failure card; absent unless REJECTED
/// @param derivedFrom the version that a worker made it of; absent for uploads
/// @param derivation how: `int8-dynamic`
/// @param siblings the version beside each that was made of it, or that it was made of
record VersionView(
        String model,
        int version,
        VersionState state,
        @Nullable String sha256,
        @Nullable Long bytes,
        boolean deployed,
        int attempts,
        Instant uploadedAt,
        @Nullable Instant decidedAt,
        @Nullable String reason,
        @Nullable JsonNode profile,
        @Nullable JsonNode failure,
        @Nullable Integer derivedFrom,
        @Nullable String derivation,
        List<SiblingView> siblings) {
    VersionView {
        siblings = List.copyOf(siblings);
    }
}
