package io.presage.api.grpc;

import io.presage.api.limits.Bodies;
import io.presage.api.limits.Body;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The messages of a stream as they come, each bounded like a body and counted with them. One event loop.
final class Messages implements AutoCloseable {
    private static final byte[] NOTHING = {};

    private final Bodies bodies;
    private final @Nullable String encoding;

    /// What came and is not looked at yet.
    private @Nullable Body gathered;

    /// Joined bytes with one whole message at least when it was made; `chunkBody` has their room.
    private byte[] chunk = NOTHING;

    private @Nullable Body chunkBody;
    private int at;

    Messages(Bodies bodies, @Nullable String encoding) {
        this.bodies = bodies;
        this.encoding = encoding;
    }

    /// @throws ProblemException BODY_TOO_LARGE, OVERLOADED
    void add(Buffer piece) {
        if (gathered == null) {
            gathered = bodies.made(piece);
        } else {
            bodies.add(gathered, piece);
        }
    }

    /// The next whole one. Many in one piece cost no more than their bytes.
    /// @throws ProblemException INVALID_REQUEST, UNSUPPORTED, BODY_TOO_LARGE, OVERLOADED
    Optional<byte[]> next() {
        if (!hasWholeInChunk()) {
            putBackRest();
            var body = gathered;
            if (body == null || body.bytes() < Frames.HEAD_BYTES || body.bytes() < end(head(body), 0)) {
                return Optional.empty();
            }
            chunk = body.joined();
            chunkBody = body;
            gathered = null;
        }
        int length = (int) Frames.length(chunk, at);
        var message = Frames.message(chunk, at, length, encoding, bodies.bytesMax());
        at += Frames.HEAD_BYTES + length;
        if (at == chunk.length) {
            closeChunk();
        }
        return Optional.of(message);
    }

    /// True between messages.
    boolean isEmpty() {
        return gathered == null && chunkBody == null;
    }

    private boolean hasWholeInChunk() {
        return chunk.length - at >= Frames.HEAD_BYTES && chunk.length >= end(chunk, at);
    }

    /// Where the message whose prefix is at `from` ends.
    private long end(byte[] bytes, int from) {
        long length = Frames.length(bytes, from);
        if (Frames.HEAD_BYTES + length > bodies.bytesMax()) {
            throw new ProblemException(
                    Problem.BODY_TOO_LARGE,
                    "a message of " + length + " bytes (expected: at most " + bodies.bytesMax() + " with its prefix)");
        }
        return from + Frames.HEAD_BYTES + length;
    }

    /// The begun message at the end of the chunk goes before what came later.
    private void putBackRest() {
        if (chunkBody == null) {
            return;
        }
        List<Buffer> pieces = new ArrayList<>();
        pieces.add(Buffer.buffer(Arrays.copyOfRange(chunk, at, chunk.length)));
        closeChunk();
        if (gathered != null) {
            pieces.addAll(gathered.pieces());
            gathered.close();
            gathered = null;
        }
        gathered = bodies.made(pieces);
    }

    private void closeChunk() {
        if (chunkBody != null) {
            chunkBody.close();
            chunkBody = null;
        }
        chunk = NOTHING;
        at = 0;
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
        closeChunk();
        if (gathered != null) {
            gathered.close();
            gathered = null;
        }
    }
}
