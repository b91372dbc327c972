package io.presage.api.cache;

import org.jspecify.annotations.Nullable;

/// A call that waits for the answer to an identical one.
public interface Waiting {
    /// Told at most once, on any thread: `kept` is null when that call ended otherwise.
    void landed(@Nullable Kept kept);
}
