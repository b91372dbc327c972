package io.presage.worker.versions;

import java.util.List;

/// What a version has done since it came into memory, and where the time of its calls went.
///
/// @param calls that were answered with tensors
/// @param callNanos of those, from the arrival of the body to the answer; the four parts below add up to it
/// @param queueNanos while they waited
/// @param prepareNanos while their bodies were read, decoded and checked
/// @param computeNanos of the runs that answered them: a call counts the whole run of its batch
/// @param encodeNanos while answers were made of outputs
/// @param failures calls that were answered with an error
/// @param failureNanos of those
/// @param rows that were run
/// @param runs of the model
/// @param batches runs by their rows, ascending
public record VersionStatistics(
        long calls,
        long callNanos,
        long queueNanos,
        long prepareNanos,
        long computeNanos,
        long encodeNanos,
        long failures,
        long failureNanos,
        long rows,
        long runs,
        List<Batch> batches) {
    /// Of a version that has done nothing yet.
    public static final VersionStatistics NOTHING = new VersionStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of());

    public VersionStatistics {
        batches = List.copyOf(batches);
    }

    /// Runs of so many rows.
    public record Batch(int rows, long runs, long nanos) {}
}
