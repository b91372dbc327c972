package io.presage.registry.workers;

import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import org.jspecify.annotations.Nullable;

/// A worker's slot as the database knows it.
///
/// @param reloading it was Ready or EVICTED before and is being loaded again for a call
record StoredSlot(Report.Slot slot, boolean reloading) {
    /// Which version it is about.
    record Held(String model, int version) {}

    /// What `slot` is after `before`, which is null for a slot that was not there.
    static StoredSlot after(@Nullable StoredSlot before, Report.Slot slot) {
        return new StoredSlot(slot, before != null && before.isServable() && isOnItsWay(slot.state()));
    }

    Held held() {
        return new Held(slot.model(), slot.version());
    }

    boolean isReady() {
        return slot.state() == SlotState.READY;
    }

    boolean isFailed() {
        return slot.state() == SlotState.FAILED;
    }

    /// A call that is sent there is answered, now or once the version is loaded again.
    boolean isServable() {
        return isReady() || slot.state() == SlotState.EVICTED || reloading;
    }

    private static boolean isOnItsWay(SlotState state) {
        return switch (state) {
            case FETCHING, LOADING, WARMING -> true;
            case NEW, READY, EVICTED, DRAINING, UNLOADED, FAILED -> false;
        };
    }
}
