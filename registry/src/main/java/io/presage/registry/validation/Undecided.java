package io.presage.registry.validation;

import java.util.Optional;

/// A version that is neither READY nor REJECTED yet.
///
/// @param attempts validations, or derivations, lost so far
/// @param open the one that runs, if any
/// @param needsCuda only a worker with a CUDA device can do it
public record Undecided(String model, int version, int attempts, Optional<Open> open, boolean needsCuda) {
    public Undecided(String model, int version, int attempts, Optional<Open> open) {
        this(model, version, attempts, open, false);
    }

    /// @param incarnation the worker's process that got it
    /// @param ageMillis since it was given
    public record Open(String id, String workerId, String incarnation, long ageMillis) {}
}
