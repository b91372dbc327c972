package io.presage.api.limits;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A whole request body as the pieces it came in, counted against a [BodyBudget] until it is closed. Its bytes
/// are never looked at, and not copied either, but for small pieces: those are gathered, or a body of one-byte
/// chunks would take a hundred times its size. One event loop.
public final class Body implements AutoCloseable {
    private static final int SMALL_BYTES = 4096;
    private static final int GATHER_BYTES = 16_384;

    private final BodyBudget budget;
    private final List<Buffer> pieces = new ArrayList<>(1);
    private long taken;
    private long bytes;
    private boolean gathering;
    private boolean closed;

    /// `reserved` bytes were taken from `budget` already.
    Body(BodyBudget budget, long reserved) {
        this.budget = budget;
        this.taken = reserved;
    }

    /// False when there is no room for it.
    boolean append(Buffer piece) {
        if (closed) {
            return true;
        }
        bytes += piece.length();
        if (bytes > taken) {
            if (!budget.tryTake(bytes - taken)) {
                return false;
            }
            taken = bytes;
        }
        if (piece.length() >= SMALL_BYTES || pieces.isEmpty()) {
            pieces.add(piece);
            gathering = false;
        } else if (gathering && pieces.getLast().length() < GATHER_BYTES) {
            pieces.getLast().appendBuffer(piece);
        } else {
            pieces.add(Buffer.buffer(GATHER_BYTES).appendBuffer(piece));
            gathering = true;
        }
        return true;
    }

    /// The same bytes for a second use, counted a second time, which is the first to go: empty unless half of the
    /// budget stays free. To be asked for once the body is whole and before it is closed.
    public Optional<Body> spare() {
        if (!budget.tryTakeSpare(bytes)) {
            return Optional.empty();
        }
        var spare = new Body(budget, bytes);
        spare.pieces.addAll(pieces);
        spare.bytes = bytes;
        return Optional.of(spare);
    }

    public long bytes() {
        return bytes;
    }

    /// All of it as one array of its own.
    public byte[] joined() {
        var all = new byte[Math.toIntExact(bytes)];
        int at = 0;
        for (var piece : pieces) {
            piece.getBytes(all, at);
            at += piece.length();
        }
        return all;
    }

    public List<Buffer> pieces() {
        return pieces;
    }

    /// Gives the room back; the second time does nothing.
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            pieces.clear();
            budget.giveBack(taken);
        }
    }
}
