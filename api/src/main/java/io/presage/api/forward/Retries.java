package io.presage.api.forward;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/// The gateway's one [RetryBudget], shared by all event loops. Any thread.
public final class Retries {
    private final RetryBudget.Terms terms;
    private final LongSupplier nanos;
    private final AtomicReference<RetryBudget> budget;

    public Retries(ForwardProperties properties, LongSupplier nanos) {
        this.terms = new RetryBudget.Terms(
                properties.retryPercent(), properties.retryFloorPerSecond(), properties.retrySavedMax());
        this.nanos = nanos;
        this.budget = new AtomicReference<>(RetryBudget.full(terms, nanos.getAsLong()));
    }

    /// Every call, not its retries.
    public void called() {
        while (true) {
            var present = budget.get();
            var next = present.afterCall(terms);
            if (next.equals(present) || budget.compareAndSet(present, next)) {
                return;
            }
        }
    }

    /// Spends one retry; false when there is none.
    public boolean tryRetry() {
        long now = nanos.getAsLong();
        while (true) {
            var present = budget.get();
            var earned = present.at(terms, now);
            if (!earned.affordsRetry()) {
                return false;
            }
            if (budget.compareAndSet(present, earned.afterRetry())) {
                return true;
            }
        }
    }
}
