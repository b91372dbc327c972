package io.presage.registry.validation;

/// A live worker as validation and derivation see it.
public record Validator(String id, String incarnation, boolean draining) {}
