package io.presage.registry.models;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A version and the one that a worker made of it, beside each other.
///
/// @param derivation `int8-dynamic`
/// @param answers how far the answers of both are apart on the samples; absent before both were asked
record SiblingView(
        String derivation,
        Side original,
        Side derived,
        @Nullable JsonNode answers) {

    /// What is known of one of the two. Figures are absent before they were measured.
    ///
    /// @param packageBytes as stored
    /// @param modelBytes the model file with its external data, unpacked
    /// @param memoryBytes resident after load
    /// @param millisOfOneRow run of a single row; more rows cost `millisPerRow` each beside `millisPerCall`
    /// @param tuning the best setting of each, with the cost line that it was chosen by
    record Side(
            int version,
            VersionState state,
            @Nullable Long packageBytes,
            @Nullable Long modelBytes,
            @Nullable Long memoryBytes,
            @Nullable Double loadMillis,
            @Nullable Double millisOfOneRow,
            @Nullable Double millisPerRow,
            @Nullable Double millisPerCall,
            @Nullable JsonNode tuning) {}
}
