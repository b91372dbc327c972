package io.presage.worker.infer;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A request's body while it arrives. One that comes in one piece stays as it came; others are put together in
/// one array, made as large as was announced, so that no byte is copied twice. The binary part of a large OIP
/// body goes past the heap, into the piece of direct memory that runtimes read it from. For one event loop.
final class Body {
    /// Announcing costs nothing: beyond this an array grows only with what has come.
    private static final int AHEAD_BYTES_MAX = 1 << 20;

    private final long announcedBytes;
    /// Of which so many are no part of `direct`.
    private final int apartBytes;
    private final @Nullable ByteBuffer direct;
    private @Nullable Buffer whole;
    private byte[] bytes = {};
    private int length;

    /// `announcedBytes`: negative when the head did not say.
    Body(long announcedBytes) {
        this(announcedBytes, 0, null);
    }

    private Body(long announcedBytes, int apartBytes, @Nullable ByteBuffer direct) {
        this.announcedBytes = announcedBytes;
        this.apartBytes = apartBytes;
        this.direct = direct;
    }

    /// For a body of `announcedBytes`, of which the first `jsonBytes` are JSON and the rest is to go to `direct`,
    /// which has room for it and is used from its start on.
    static Body apart(long announcedBytes, int jsonBytes, ByteBuffer direct) {
        return new Body(announcedBytes, jsonBytes, direct);
    }

    /// Bytes of the binary part that are worth direct memory of their own, or 0. `jsonBytes`: -1 for none.
    static int apartBytes(long announcedBytes, int jsonBytes) {
        long left = announcedBytes - jsonBytes;
        var isWorthIt = jsonBytes >= 0
                && jsonBytes <= AHEAD_BYTES_MAX
                && left >= TensorMemory.BYTES_MIN
                && left <= TensorMemory.BYTES_MAX;
        return isWorthIt ? (int) left : 0;
    }

    int length() {
        return length;
    }

    void add(Buffer chunk) {
        if (direct != null) {
            addApart(chunk, direct);
        } else if (length == 0) {
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

    /// HTTP sees to it that no more comes than was announced.
    private void addApart(Buffer chunk, ByteBuffer target) {
        int ofJson = Math.clamp(apartBytes - length, 0, chunk.length());
        if (ofJson > 0) {
            if (bytes.length == 0) {
                bytes = new byte[apartBytes];
            }
            chunk.getBytes(0, ofJson, bytes, length);
        }
        int rest = chunk.length() - ofJson;
        if (rest > 0) {
            // The buffer's own memory: Vert.x has no public way into direct memory without an array between.
            var memory = ((BufferInternal) chunk).getByteBuf();
            memory.getBytes(memory.readerIndex() + ofJson, target.slice(length + ofJson - apartBytes, rest));
        }
    }

    private byte[] grown(int atLeast) {
        long ahead = Math.min(announcedBytes, Math.max(AHEAD_BYTES_MAX, 2L * bytes.length));
        return Arrays.copyOf(bytes, (int) Math.max(atLeast, announcedBytes < 0 ? 2L * bytes.length : ahead));
    }

    /// For use before the event loop's next call, whose memory it may lie in.
    Content borrowed(LoopHandler loop) {
        if (direct != null) {
            return apart(direct);
        }
        return Content.of(whole == null ? bytes : loop.scratch(whole), length);
    }

    /// For as long as it is needed.
    Content kept() {
        if (direct != null) {
            return apart(direct);
        }
        return Content.of(whole == null ? bytes : whole.getBytes(), length);
    }

    private Content apart(ByteBuffer memory) {
        // Fewer bytes than were announced are the reader's to refuse.
        int tail = Math.max(0, length - apartBytes);
        return new Content(
                bytes, Math.min(length, apartBytes), memory.slice(0, tail).order(ByteOrder.LITTLE_ENDIAN));
    }
}
