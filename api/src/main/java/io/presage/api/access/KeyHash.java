package io.presage.api.access;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/// A SHA-256 as a map key: four longs instead of a hex string, so that a look-up makes one small object.
record KeyHash(long a, long b, long c, long d) {
    static KeyHash of(byte[] sha256) {
        var bytes = ByteBuffer.wrap(sha256);
        return new KeyHash(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
    }

    /// @throws IllegalArgumentException if it is not 64 hex digits
    static KeyHash ofHex(String hex) {
        if (hex.length() != 64) {
            throw new IllegalArgumentException("sha256 of " + hex.length() + " characters (expected: 64)");
        }
        return of(HexFormat.of().parseHex(hex));
    }
}
