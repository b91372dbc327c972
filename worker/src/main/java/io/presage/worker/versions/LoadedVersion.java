package io.presage.worker.versions;

import io.presage.contract.state.Tuning;

/// A version that can be called, and what it took to get there.
///
/// @param loadNanos from its files to its first answers, without the way from the registry
record LoadedVersion(ServedVersion served, CallProbe.Cost cost, Tuning tuning, long loadNanos) {}
