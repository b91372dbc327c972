package io.presage.worker.versions;

import io.presage.worker.engine.LoadedModel;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The instances that event loops run small calls on, made when a loop first has one: a version that is not
/// called has none. Each place belongs to the event loop of its index, which holds a lease on the version; the
/// closer comes after the last lease.
final class LoopRunners implements AutoCloseable {
    private final Supplier<Optional<LoadedModel>> another;
    private final @Nullable LoadedModel[] runners;

    /// `another` is asked by event loops, while others run. `loops`: 0 when the version does not run there.
    LoopRunners(int loops, Supplier<Optional<LoadedModel>> another) {
        this.runners = new LoadedModel[loops];
        this.another = another;
    }

    /// Null when the version does not run on event loops.
    @Nullable
    LoadedModel of(int loop) {
        if (loop >= runners.length) {
            return null;
        }
        var runner = runners[loop];
        if (runner == null) {
            runner = another.get().orElse(null);
            runners[loop] = runner;
        }
        return runner;
    }

    @Override
    public void close() {
        for (int i = 0; i < runners.length; i++) {
            var runner = runners[i];
            if (runner != null) {
                runners[i] = null;
                runner.close();
            }
        }
    }
}
