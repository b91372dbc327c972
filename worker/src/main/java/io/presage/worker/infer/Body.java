package io.presage.worker.infer;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A request's body while it arrives. One that comes in one piece stays as it came; others are put together in one
/// array, made as large as was announced, so that no byte is copied twice. For one event loop.
final class Body {
    /// Announcing costs nothing: beyond this an array grows only with what has come.
    private static final int AHEAD_BYTES_MAX = 1 << 20;

    private final long announcedBytes;
    private @Nullable Buffer whole;
    private byte[] bytes = {};
    private int length;

    /// `announcedBytes`: negative when the head did not say.
    Body(long announcedBytes) {
        this.announcedBytes = announcedBytes;
    }

    int length() {
        return length;
    }

    void add(Buffer chunk) {
        if (length == 0) {
            whole = chunk;
        } else {
            int sum = length + chunk.length();
            if (bytes.length < sum) {
                bytes = grown(sum);
            }
            if (whole != null) {
                whole.getBytes(bytes, 0);
                whole = null;
            }
            chunk.getBytes(bytes, length);
        }
        length += chunk.length();
    }

    private byte[] grown(int atLeast) {
        long ahead = Math.min(announcedBytes, Math.max(AHEAD_BYTES_MAX, 2L * bytes.length));
        return Arrays.copyOf(bytes, (int) Math.max(atLeast, announcedBytes < 0 ? 2L * bytes.length : ahead));
    }

    /// The first [#length] bytes are the body's; maybe in the loop's memory, which the next call overwrites.
    byte[] borrowed(LoopHandler loop) {
        return whole == null ? bytes : loop.scratch(whole);
    }

    /// The first [#length] bytes are the body's.
    byte[] kept() {
        return whole == null ? bytes : whole.getBytes();
    }
}
