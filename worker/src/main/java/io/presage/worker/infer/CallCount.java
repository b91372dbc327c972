package io.presage.worker.infer;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Calls in flight, and a gate. One number: the calls, and the top bit when shut. Any thread.
final class CallCount {
    private static final int SHUT = Integer.MIN_VALUE;

    private final AtomicInteger state = new AtomicInteger();
    private final CountDownLatch empty = new CountDownLatch(1);

    /// False when shut; true obliges to one [#end].
    boolean begin() {
        if (state.incrementAndGet() > 0) {
            return true;
        }
        end();
        return false;
    }

    void end() {
        if (state.decrementAndGet() == SHUT) {
            empty.countDown();
        }
    }

    int count() {
        return state.get() & Integer.MAX_VALUE;
    }

    /// True when nothing was in flight any more within `wait`.
    boolean shutAndAwait(Duration wait) throws InterruptedException {
        if (state.accumulateAndGet(SHUT, (seen, bit) -> seen | bit) == SHUT) {
            empty.countDown();
        }
        return empty.await(wait.toNanos(), TimeUnit.NANOSECONDS);
    }
}
