package io.presage.api.limits;

import java.util.concurrent.atomic.AtomicLong;

/// Bytes of request bodies that the gateway holds at once, over all event loops. Any thread.
public final class BodyBudget {
    private final long bytesMax;
    private final AtomicLong bytes = new AtomicLong();

    public BodyBudget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /// False, and nothing taken, when there is no room for `more` bytes.
    public boolean tryTake(long more) {
        if (bytes.addAndGet(more) > bytesMax) {
            bytes.addAndGet(-more);
            return false;
        }
        return true;
    }

    /// The same for what is the first to go: at least half of the budget stays free.
    boolean tryTakeSpare(long more) {
        if (bytes.addAndGet(more) > bytesMax / 2) {
            bytes.addAndGet(-more);
            return false;
        }
        return true;
    }

    public void giveBack(long taken) {
        bytes.addAndGet(-taken);
    }

    public long bytesInFlight() {
        return bytes.get();
    }

    public long bytesMax() {
        return bytesMax;
    }
}
