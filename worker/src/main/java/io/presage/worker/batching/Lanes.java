package io.presage.worker.batching;

import io.presage.worker.engine.LoadedModel;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The instances of one version that its queue runs: some at first, more when all are busy. Under its queue's
/// lock.
public final class Lanes {
    private final Supplier<Optional<LoadedModel>> another;
    private final ArrayDeque<LoadedModel> free = new ArrayDeque<>(1);
    private int max;
    private int made;

    /// The instances belong to the queue from here on. `another` is asked by run threads, while others run.
    ///
    /// @param first at least one
    /// @param max batches that may run at once
    /// @param another one more, or empty when there can be none
    public Lanes(List<LoadedModel> first, int max, Supplier<Optional<LoadedModel>> another) {
        if (first.isEmpty() || max < first.size()) {
            throw new IllegalArgumentException(
                    "lanes: " + first.size() + " of at most " + max + " (expected: at least 1 of at least as many)");
        }
        this.another = another;
        this.max = max;
        free.addAll(first);
        made = first.size();
    }

    /// One instance for ever.
    public static Lanes of(LoadedModel one) {
        return new Lanes(List.of(one), 1, Optional::empty);
    }

    int max() {
        return max;
    }

    /// Null when one has to be made; then that is what the caller does, or tells [#madeNone].
    @Nullable
    LoadedModel take() {
        // The one that ran last: its memory is warm.
        var one = free.pollLast();
        if (one == null) {
            made++;
        }
        return one;
    }

    /// Makes one more. To be asked without the lock.
    Supplier<Optional<LoadedModel>> another() {
        return another;
    }

    /// There will be no more than there are.
    void madeNone() {
        made--;
        max = made;
    }

    void giveBack(LoadedModel one) {
        free.addLast(one);
    }

    /// When all are given back.
    List<LoadedModel> takeAll() {
        if (free.size() != made) {
            throw new IllegalStateException(
                    "closed while " + (made - free.size()) + " of " + made + " instances run. This is a bug.");
        }
        var all = List.copyOf(free);
        free.clear();
        made = 0;
        return all;
    }
}
