package io.presage.worker.versions;

import static io.presage.contract.state.SlotState.*;

import io.presage.contract.state.SlotState;
import java.util.Optional;

/// The slot's state machine. Pure.
final class SlotTransitions {
    private SlotTransitions() {}

    /// The state after `event`, or empty when the event is illegal in `state`.
    static Optional<SlotState> next(SlotState state, SlotEvent event) {
        return Optional.ofNullable(
                switch (event) {
                    case FETCH -> state == NEW || state == FETCHING || state == EVICTED ? FETCHING : null;
                    case LOAD -> state == FETCHING ? LOADING : null;
                    case WARM -> state == LOADING ? WARMING : null;
                    case SERVE -> state == WARMING || state == DRAINING ? READY : null;
                    case DRAIN -> state == READY ? DRAINING : null;
                    case EVICT -> state == READY || state == FETCHING ? EVICTED : null;
                    case UNLOAD ->
                        state == NEW || state == FETCHING || state == EVICTED || state == DRAINING || state == FAILED
                                ? UNLOADED
                                : null;
                    case FAIL -> state == UNLOADED || state == FAILED ? null : FAILED;
                });
    }
}
