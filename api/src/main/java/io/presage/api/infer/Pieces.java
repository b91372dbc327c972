package io.presage.api.infer;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/// A body that is gathered, up to a bound; one that comes in one piece is not copied. One event loop.
final class Pieces {
    private final long bytesMax;
    private @Nullable Buffer first;
    private @Nullable Buffer joined;

    Pieces(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /// False, and nothing kept, when it would be more than the bound.
    boolean add(Buffer piece) {
        if ((long) whole().length() + piece.length() > bytesMax) {
            return false;
        }
        if (joined != null) {
            joined.appendBuffer(piece);
        } else if (first != null) {
            joined = Buffer.buffer(2 * (first.length() + piece.length()))
                    .appendBuffer(first)
                    .appendBuffer(piece);
        } else {
            first = piece;
        }
        return true;
    }

    Buffer whole() {
        return joined != null ? joined : first != null ? first : Buffer.buffer(0);
    }
}
