package io.presage.bench;

/// What one stretch of load was answered.
///
/// @param requests answered with 200
/// @param failed answered otherwise, or not at all
/// @param cpuMicros of the processes that are measured, over the whole stretch
record Load(long requests, long failed, long elapsedMicros, long p50Micros, long p99Micros, long cpuMicros) {
    double requestsPerSecond() {
        return requests * 1e6 / elapsedMicros;
    }

    double cpuMicrosPerRequest() {
        return (double) cpuMicros / Math.max(1, requests);
    }
}
