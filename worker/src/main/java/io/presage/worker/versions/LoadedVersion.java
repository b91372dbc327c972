package io.presage.worker.versions;

import io.presage.contract.state.Tuning;
import io.presage.worker.engine.LoadedModel;

/// A version that can be called, and what it took to get there.
///
/// @param root asked for its health only
/// @param loadNanos from its files to its first answers, without the way from the registry
record LoadedVersion(ServedVersion served, LoadedModel root, CallProbe.Cost cost, Tuning tuning, long loadNanos) {}
