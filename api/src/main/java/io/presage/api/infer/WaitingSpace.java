package io.presage.api.infer;

import java.util.concurrent.atomic.AtomicInteger;

/// How many calls wait in the rooms of all event loops. Any thread.
public final class WaitingSpace {
    private final int callsMax;
    private final AtomicInteger calls = new AtomicInteger();

    public WaitingSpace(WaitingProperties properties) {
        this.callsMax = properties.callsMax();
    }

    boolean tryTake() {
        if (calls.incrementAndGet() > callsMax) {
            calls.decrementAndGet();
            return false;
        }
        return true;
    }

    void giveBack() {
        calls.decrementAndGet();
    }

    public int calls() {
        return calls.get();
    }
}
