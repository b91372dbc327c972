package io.presage.api.cache;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;

/// A whole 200 answer. Read by any thread, changed by none.
///
/// @param headers those that may pass to a caller
public record Kept(MultiMap headers, Buffer body) {
    /// Of its key, its place in the map and its headers, roughly.
    private static final int OVERHEAD_BYTES = 768;

    int bytes() {
        return body.length() + OVERHEAD_BYTES;
    }
}
