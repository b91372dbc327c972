package io.presage.registry.validation;

/// A live worker as validation and derivation see it.
///
/// @param cuda whether it has a CUDA device
public record Validator(String id, String incarnation, boolean draining, boolean cuda) {
    public Validator(String id, String incarnation, boolean draining) {
        this(id, incarnation, draining, false);
    }
}
