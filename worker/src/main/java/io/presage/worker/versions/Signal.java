package io.presage.worker.versions;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// "Look again": raised by any thread, never for long; awaited by the one thread that looks.
final class Signal {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private boolean isRaised;

    void raise() {
        lock.lock();
        try {
            isRaised = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /// Takes the signal back. False when none was raised within `nanos`.
    boolean await(long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanos;
            while (!isRaised && left > 0) {
                left = changed.awaitNanos(left);
            }
            var wasRaised = isRaised;
            isRaised = false;
            return wasRaised;
        } finally {
            lock.unlock();
        }
    }
}
