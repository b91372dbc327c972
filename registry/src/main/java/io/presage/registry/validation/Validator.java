package io.presage.registry.validation;

/// A live worker as validation sees it.
record Validator(String id, String incarnation, boolean draining) {}
