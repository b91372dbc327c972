package io.presage.api.grpc;

import io.presage.api.limits.Bodies;
import io.presage.api.limits.Body;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The messages of a stream as they come, each bounded like a body and counted with them. One event loop.
final class Messages implements AutoCloseable {
    private final Bodies bodies;
    private final @Nullable String encoding;
    private @Nullable Body held;

    Messages(Bodies bodies, @Nullable String encoding) {
        this.bodies = bodies;
        this.encoding = encoding;
    }

    /// @throws ProblemException BODY_TOO_LARGE, OVERLOADED
    void add(Buffer piece) {
        if (held == null) {
            held = bodies.made(piece);
        } else {
            bodies.add(held, piece);
        }
    }

    /// The next whole one.
    /// @throws ProblemException INVALID_REQUEST, UNSUPPORTED, BODY_TOO_LARGE
    Optional<byte[]> next() {
        var body = held;
        if (body == null || body.bytes() < Frames.HEAD_BYTES) {
            return Optional.empty();
        }
        long length = Frames.length(head(body), 0);
        long end = Frames.HEAD_BYTES + length;
        if (end > bodies.bytesMax()) {
            throw new ProblemException(
                    Problem.BODY_TOO_LARGE,
                    "a message of " + length + " bytes (expected: at most " + bodies.bytesMax() + " with its prefix)");
        }
        if (body.bytes() < end) {
            return Optional.empty();
        }
        byte[] all = body.joined();
        body.close();
        held = null;
        if (end < all.length) {
            add(Buffer.buffer(Arrays.copyOfRange(all, (int) end, all.length)));
        }
        return Optional.of(Frames.message(all, 0, (int) length, encoding, bodies.bytesMax()));
    }

    /// True between messages.
    boolean isEmpty() {
        return held == null;
    }

    private static byte[] head(Body body) {
        var head = new byte[Frames.HEAD_BYTES];
        int at = 0;
        for (var piece : body.pieces()) {
            for (int i = 0; i < piece.length() && at < head.length; i++) {
                head[at++] = piece.getByte(i);
            }
            if (at == head.length) {
                break;
            }
        }
        return head;
    }

    @Override
    public void close() {
        if (held != null) {
            held.close();
            held = null;
        }
    }
}
