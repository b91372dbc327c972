package io.presage.registry.models;

/// Life of a version: `UPLOADED -> VALIDATING -> READY | REJECTED`, any of them later `-> ARCHIVED`. One that a
/// worker makes of another begins as `DERIVING -> UPLOADED | REJECTED`.
public enum VersionState {
    DERIVING,
    UPLOADED,
    VALIDATING,
    READY,
    REJECTED,
    ARCHIVED
}
