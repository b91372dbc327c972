package io.presage.contract.state;

import java.util.List;

/// What one worker should hold. What is missing from `assignments` is to be unloaded.
///
/// @param validations versions that this worker is to check before they become READY
public record DesiredState(long revision, List<Assignment> assignments, List<Validation> validations) {
    public static final DesiredState EMPTY = new DesiredState(0, List.of(), List.of());

    public DesiredState {
        assignments = List.copyOf(assignments);
        validations = List.copyOf(validations);
    }

    /// @param sha256 lower-case hex digest of the package as it was uploaded
    /// @param bytes size of the package
    public record Assignment(String model, int version, String sha256, long bytes) {}

    /// @param id answers go to `/internal/validations/{id}`
    public record Validation(String id, String model, int version, String sha256, long bytes) {}
}
