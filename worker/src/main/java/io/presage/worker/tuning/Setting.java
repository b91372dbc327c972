package io.presage.worker.tuning;

/// How a version is run.
///
/// @param intraOpThreads threads of one run
/// @param instances runs side by side
record Setting(int intraOpThreads, int instances) {}
