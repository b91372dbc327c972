package io.presage.contract.state;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one worker should hold. What is missing from `assignments` is to be unloaded.
///
/// @param validations versions that this worker is to check before they become READY
/// @param derivations siblings of versions that this worker is to make
public record DesiredState(
        long revision, List<Assignment> assignments, List<Validation> validations, List<Derivation> derivations) {
    public static final DesiredState EMPTY = new DesiredState(0, List.of(), List.of());

    public DesiredState {
        assignments = List.copyOf(assignments);
        validations = List.copyOf(validations);
        // Missing from an older registry's answer, and from a snapshot on disk of that time.
        derivations = derivations == null ? List.of() : List.copyOf(derivations);
    }

    public DesiredState(long revision, List<Assignment> assignments, List<Validation> validations) {
        this(revision, assignments, validations, List.of());
    }

    /// @param sha256 lower-case hex digest of the package as it was uploaded
    /// @param bytes size of the package
    /// @param tuning measured when the version was validated; null when it was not
    public record Assignment(
            String model,
            int version,
            String sha256,
            long bytes,
            @Nullable Tuning tuning) {
        public Assignment(String model, int version, String sha256, long bytes) {
            this(model, version, sha256, bytes, null);
        }
    }

    /// @param id answers go to `/internal/validations/{id}`
    public record Validation(String id, String model, int version, String sha256, long bytes) {}

    /// @param id the package goes to `PUT /internal/derivations/{id}`, then the [DerivationResult] to `POST`
    /// @param version the sibling's number
    /// @param sha256 digest of the original's package
    /// @param bytes size of the original's package
    /// @param kind [#INT8_DYNAMIC]
    public record Derivation(String id, String model, int version, String sha256, long bytes, String kind) {
        public static final String INT8_DYNAMIC = "int8-dynamic";
    }
}
