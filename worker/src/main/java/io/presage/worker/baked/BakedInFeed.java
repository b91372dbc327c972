package io.presage.worker.baked;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.presage.contract.state.DesiredState;
import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import io.presage.contract.state.ValidationResult;
import io.presage.worker.feed.StateFeed;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// The one desired state of a worker without a registry. Nobody hears its reports.
///
/// State: whether something has changed since the slots were last looked at, guarded by `this`; set by loader
/// threads,
/// awaited by the thread that starts the worker.
public final class BakedInFeed implements StateFeed {
    private final BakedInPackages packages;
    private final Consumer<DesiredState> apply;
    private final Supplier<List<Report.Slot>> slots;

    @GuardedBy("this")
    private boolean hasChanged;

    public BakedInFeed(BakedInPackages packages, Consumer<DesiredState> apply, Supplier<List<Report.Slot>> slots) {
        this.packages = packages;
        this.apply = apply;
        this.slots = slots;
    }

    /// Loads the models; returns when all of them are Ready.
    ///
    /// @throws IllegalStateException with the first failure's card in one line
    @Override
    public void beforeListening() throws InterruptedException {
        apply.accept(packages.desired());
        while (!areAllReady()) {
            awaitChange();
        }
    }

    private boolean areAllReady() {
        var all = slots.get();
        for (var slot : all) {
            if (slot.state() == SlotState.FAILED || slot.state() == SlotState.EVICTED) {
                throw new IllegalStateException(packages.key(slot.model()) + ": " + why(slot));
            }
        }
        return all.size() == packages.desired().assignments().size()
                && all.stream().allMatch(slot -> slot.state() == SlotState.READY);
    }

    private static String why(Report.Slot slot) {
        var failure = slot.failure();
        return failure == null
                ? "evicted for another baked-in model (expected: all fit; raise worker.memory-max)"
                : failure.phase() + ": " + failure.cause() + ": " + failure.evidence() + ". " + failure.fix();
    }

    private synchronized void awaitChange() throws InterruptedException {
        while (!hasChanged) {
            wait();
        }
        hasChanged = false;
    }

    @Override
    public synchronized void changed() {
        hasChanged = true;
        notifyAll();
    }

    @Override
    public void start() {}

    @Override
    public void reportNow() {}

    @Override
    public void accept(String validationId, ValidationResult result) {
        throw new IllegalStateException("validation " + validationId + " without a registry. This is a bug.");
    }

    @Override
    public void close() {}
}
