package io.presage.worker.batching;

/// Bounds of one version.
///
/// @param rowsMax rows of one batch; a call with more runs alone, in one piece
/// @param tokensMax tokens of one batch, padding included, where rows are padded
/// @param bytesMax bytes of one batch's inputs
/// @param queueRowsMax rows that may wait; one call is always taken by an empty queue
/// @param queueBytesMax bytes of tensors that may wait; one call is always taken by an empty queue
/// @param windowNanos longest wait of a batch's first call for company, counted from its arrival; 0 = none,
///     [#LEARNED] = as long as it pays
public record BatchLimits(
        int rowsMax, int tokensMax, long bytesMax, int queueRowsMax, long queueBytesMax, long windowNanos) {
    public static final long LEARNED = -1;

    public BatchLimits {
        if (rowsMax < 1
                || tokensMax < 1
                || bytesMax < 1
                || queueRowsMax < 1
                || queueBytesMax < 1
                || windowNanos < LEARNED) {
            throw new IllegalArgumentException("batch limits: rowsMax " + rowsMax + ", tokensMax " + tokensMax
                    + ", bytesMax " + bytesMax + ", queueRowsMax " + queueRowsMax + ", queueBytesMax " + queueBytesMax
                    + ", windowNanos " + windowNanos + " (expected: at least 1, 1, 1, 1, 1, -1)");
        }
    }
}
