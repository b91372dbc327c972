package io.presage.registry.models;

/// Life of a version: `UPLOADED -> VALIDATING -> READY | REJECTED`, any of them later `-> ARCHIVED`.
public enum VersionState {
    UPLOADED,
    VALIDATING,
    READY,
    REJECTED,
    ARCHIVED
}
