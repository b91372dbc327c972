package io.presage.worker.tuning;

/// What one setting took for batches of one size.
///
/// @param rows of one batch
/// @param units of one batch: rows, or tokens with their padding
/// @param millis of one run while all instances run
record Point(Setting setting, int rows, int units, double millis) {
    double rowsPerSecond() {
        return setting.instances() * rows * 1000.0 / millis;
    }
}
