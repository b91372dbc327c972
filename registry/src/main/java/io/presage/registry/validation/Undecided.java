package io.presage.registry.validation;

import java.util.Optional;

/// A version that is neither READY nor REJECTED yet.
///
/// @param attempts validations lost so far
/// @param open the validation that runs, if any
record Undecided(String model, int version, int attempts, Optional<Open> open) {
    /// @param incarnation the worker's process that got it
    /// @param ageMillis since it was given
    record Open(String id, String workerId, String incarnation, long ageMillis) {}
}
