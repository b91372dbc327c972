package io.presage.worker.batching;

/// Bounds of one instance.
///
/// @param rowsMax rows of one batch; a call with more runs alone, in one piece
/// @param queueRowsMax rows that may wait; one call is always taken by an empty queue
/// @param queueBytesMax bytes of tensors that may wait; one call is always taken by an empty queue
/// @param windowNanos longest wait of a batch's first call for company, counted from its arrival; 0 = none
public record BatchLimits(int rowsMax, int queueRowsMax, long queueBytesMax, long windowNanos) {
    public BatchLimits {
        if (rowsMax < 1 || queueRowsMax < 1 || queueBytesMax < 1 || windowNanos < 0) {
            throw new IllegalArgumentException("batch limits: rowsMax " + rowsMax + ", queueRowsMax " + queueRowsMax
                    + ", queueBytesMax " + queueBytesMax + ", windowNanos " + windowNanos
                    + " (expected: at least 1, 1, 1, 0)");
        }
    }
}
