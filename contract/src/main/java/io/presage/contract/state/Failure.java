package io.presage.contract.state;

/// Why a version could not be validated or loaded, for the person who has to mend it.
///
/// @param phase `fetch`, `unpack`, `load`, `signature`, `warm-up`, `samples`
/// @param cause a stable word from a small set: `digest-mismatch`, `unsafe-package`, `unknown-format`,
///     `corrupt-model`, `unsupported-operator`, `missing-file`, `invalid-manifest`, `sample-mismatch`,
///     `out-of-memory`, `engine-failure`, ...
/// @param evidence what was seen: the engine's own words, the entry's name, the numbers
/// @param fix what to do about it
public record Failure(String phase, String cause, String evidence, String fix) {}
