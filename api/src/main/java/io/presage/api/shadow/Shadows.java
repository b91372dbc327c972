package io.presage.api.shadow;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// How many shadow calls are open at this gateway, over all event loops, for each model. A model without any
/// has no
/// entry. Any thread.
public final class Shadows {
    private final Map<String, Integer> openByModel = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();

    /// False when `model` has `inFlightMax` already; else to be given back once.
    boolean tryOpen(String model, int inFlightMax) {
        var outcome = new boolean[1];
        openByModel.compute(model, (_, present) -> {
            int now = present == null ? 0 : present;
            outcome[0] = now < inFlightMax;
            return outcome[0] ? now + 1 : present;
        });
        if (outcome[0]) {
            open.incrementAndGet();
        }
        return outcome[0];
    }

    void close(String model) {
        openByModel.computeIfPresent(model, (_, present) -> present == 1 ? null : present - 1);
        open.decrementAndGet();
    }

    public int open() {
        return open.get();
    }
}
