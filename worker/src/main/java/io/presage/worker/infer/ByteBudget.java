package io.presage.worker.infer;

import java.util.concurrent.atomic.AtomicLong;

/// Bytes of all calls in flight, bounded. Any thread.
final class ByteBudget {
    private final long bytesMax;
    private final AtomicLong bytes = new AtomicLong();

    ByteBudget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /// False when there is no room; true obliges to [#release] as many.
    boolean tryReserve(long count) {
        if (bytes.addAndGet(count) <= bytesMax) {
            return true;
        }
        bytes.addAndGet(-count);
        return false;
    }

    void release(long count) {
        bytes.addAndGet(-count);
    }

    long bytes() {
        return bytes.get();
    }

    long bytesMax() {
        return bytesMax;
    }
}
