package io.presage.worker.versions;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Optional;

/// Memory that loaded versions may take: reserved before a load, corrected to what was measured after it. Any
/// thread.
public final class MemoryBudget {
    private final long bytesMax;

    @GuardedBy("this")
    private long bytesUsed;

    public MemoryBudget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    public long bytesMax() {
        return bytesMax;
    }

    public synchronized long bytesUsed() {
        return bytesUsed;
    }

    /// How much has to come free before `bytes` can be reserved; 0 when nothing.
    synchronized long missing(long bytes) {
        return Math.max(0, bytes - (bytesMax - bytesUsed));
    }

    /// Empty when there is no room.
    public synchronized Optional<Reservation> reserve(long bytes) {
        if (bytes > bytesMax - bytesUsed) {
            return Optional.empty();
        }
        bytesUsed += bytes;
        return Optional.of(new Reservation(bytes));
    }

    private synchronized void add(long bytes) {
        bytesUsed += bytes;
    }

    /// Given back exactly once, by the first [#close].
    public final class Reservation implements AutoCloseable {
        @GuardedBy("this")
        private long bytes;

        private Reservation(long bytes) {
            this.bytes = bytes;
        }

        synchronized long bytes() {
            return bytes;
        }

        /// To what was measured; may go over the bound: the memory is taken, whatever the bound says.
        synchronized void correct(long measured) {
            add(measured - bytes);
            bytes = measured;
        }

        @Override
        public synchronized void close() {
            add(-bytes);
            bytes = 0;
        }
    }
}
