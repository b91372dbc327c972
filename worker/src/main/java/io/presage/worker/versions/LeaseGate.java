package io.presage.worker.versions;

import java.util.concurrent.atomic.AtomicInteger;

/// Counts who holds a version, and shuts. One number: the leases, and the top bit when shut, so that "was open"
/// and "is counted" are one step. Any thread.
final class LeaseGate {
    private static final int SHUT = Integer.MIN_VALUE;

    private final AtomicInteger state = new AtomicInteger();

    /// False when shut; true obliges to one [#release].
    boolean acquire() {
        while (true) {
            int seen = state.get();
            if (seen < 0) {
                return false;
            }
            if (state.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
    }

    void release() {
        int left = state.decrementAndGet();
        if (left == -1 || left == Integer.MAX_VALUE) {
            throw new IllegalStateException("released more leases than were acquired. This is a bug.");
        }
    }

    /// From now on [#acquire] fails. Again and again does no harm.
    void shut() {
        state.accumulateAndGet(SHUT, (seen, bit) -> seen | bit);
    }

    /// Shuts unless somebody holds a lease. True when it is shut by this call.
    boolean shutIfIdle() {
        return state.compareAndSet(0, SHUT);
    }

    boolean isShut() {
        return state.get() < 0;
    }

    int leases() {
        return state.get() & Integer.MAX_VALUE;
    }
}
