package io.presage.worker.versions;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// The part of loads and unloads that takes and gives native memory: one at a time, so that what a version
/// takes can
/// be measured as the difference of two readings, and so that neighbours feel one load at most. Loader and
/// unloader
/// threads.
final class NativeSection {
    /// So much is closed before the C library is asked to give pages back: each time costs a walk over its memory.
    private static final long TRIM_BYTES = 16L << 20;

    private final LongSupplier allocatedBytes;
    private final Runnable trim;
    private final ReentrantLock lock = new ReentrantLock(true);

    @GuardedBy("lock")
    private long freedBytes;

    NativeSection(LongSupplier allocatedBytes, Runnable trim) {
        this.allocatedBytes = allocatedBytes;
        this.trim = trim;
    }

    /// Alone in the section until it is closed, by the thread that has entered.
    final class Visit implements AutoCloseable {
        private final long before = allocatedBytes.getAsLong();

        /// What the process has taken since.
        long grownBytes() {
            return allocatedBytes.getAsLong() - before;
        }

        @Override
        public void close() {
            lock.unlock();
        }
    }

    Visit enter() throws InterruptedException {
        lock.lockInterruptibly();
        return new Visit();
    }

    /// Runs `close`, which frees about `bytes`.
    void free(long bytes, Runnable close) {
        lock.lock();
        try {
            close.run();
            freedBytes += bytes;
            if (freedBytes >= TRIM_BYTES) {
                freedBytes = 0;
                trim.run();
            }
        } finally {
            lock.unlock();
        }
    }
}
