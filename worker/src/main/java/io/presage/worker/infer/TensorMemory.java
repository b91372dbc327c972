package io.presage.worker.infer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Direct memory for large tensors of calls that wait: runtimes read it where it lies, while memory of the heap
/// would be copied for each run. Pieces are powers of two and used again; all together are bounded. Any thread.
final class TensorMemory {
    static final int BYTES_MIN = 64 << 10;
    static final int BYTES_MAX = 8 << 20;
    private static final long TOTAL_MAX = 64L << 20;

    @GuardedBy("this")
    private final List<ArrayDeque<ByteBuffer>> free = new ArrayList<>();

    @GuardedBy("this")
    private long total;

    TensorMemory() {
        for (int size = BYTES_MIN; size <= BYTES_MAX; size *= 2) {
            free.add(new ArrayDeque<>());
        }
    }

    /// At least so many bytes, obliging to one [#giveBack]; null when they are too few, too many or not to be had:
    /// the heap will do.
    synchronized @Nullable ByteBuffer take(int bytes) {
        if (bytes < BYTES_MIN || bytes > BYTES_MAX) {
            return null;
        }
        int size = Math.max(BYTES_MIN, Integer.highestOneBit(bytes - 1) << 1);
        var kept = free.get(index(size)).pollLast();
        if (kept == null) {
            makeRoom(size);
            if (total + size > TOTAL_MAX) {
                return null;
            }
            total += size;
            kept = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
        }
        return kept;
    }

    /// Pieces of another size that nobody uses are dropped.
    @GuardedBy("this")
    private void makeRoom(int size) {
        for (var pieces : free) {
            while (total + size > TOTAL_MAX && !pieces.isEmpty()) {
                total -= pieces.removeLast().capacity();
            }
        }
    }

    synchronized void giveBack(ByteBuffer piece) {
        free.get(index(piece.capacity())).addLast(piece);
    }

    private static int index(int size) {
        return Integer.numberOfTrailingZeros(size / BYTES_MIN);
    }
}
