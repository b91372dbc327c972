package io.presage.worker.batching;

/// Hears of each run that succeeded, on the owner thread. Does not block.
@FunctionalInterface
public interface BatchObserver {
    void ran(int rows, long computeNanos);
}
