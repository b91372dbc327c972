package io.presage.api.cache;

import java.nio.ByteBuffer;

/// A SHA-256: two requests with the same key are the same request.
record CacheKey(long first, long second, long third, long fourth) {
    static CacheKey of(byte[] sha256) {
        var bytes = ByteBuffer.wrap(sha256);
        return new CacheKey(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
    }
}
