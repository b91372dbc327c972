package io.presage.api.infer;

import java.util.concurrent.atomic.AtomicInteger;

/// How many calls wait in the rooms of all event loops, and for how long they may have to. Any thread.
public final class WaitingSpace {
    private final int callsMax;
    private final Loads loads;
    private final AtomicInteger calls = new AtomicInteger();

    public WaitingSpace(WaitingProperties properties, Loads loads) {
        this.callsMax = properties.callsMax();
        this.loads = loads;
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

    Loads loads() {
        return loads;
    }

    public int calls() {
        return calls.get();
    }
}
