package io.presage.worker.batching;

/// Hears of each run that succeeded, on the run thread. Does not block.
@FunctionalInterface
public interface BatchObserver {
    /// `tokens` and `paddingTokens` are 0 where rows are not padded; padding is counted beside the tokens.
    void ran(int rows, long tokens, long paddingTokens, long computeNanos);
}
