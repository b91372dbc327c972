package io.presage.contract.state;

/// A rate: `permits` calls, or rows, in each `periodMillis`.
public record Limit(int permits, long periodMillis) {
    public Limit {
        if (permits < 1 || periodMillis < 1) {
            throw new IllegalArgumentException(
                    "limit: " + permits + " per " + periodMillis + " ms (expected: both at least 1)");
        }
    }
}
