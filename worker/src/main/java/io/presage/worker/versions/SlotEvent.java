package io.presage.worker.versions;

/// What happens to a slot.
enum SlotEvent {
    /// A loader begins to bring the package here, or begins again.
    FETCH,
    /// The package is here.
    LOAD,
    /// The model is in memory.
    WARM,
    /// A warm-up run has answered; or a draining version is wanted again while it still takes calls.
    SERVE,
    /// No longer wanted.
    DRAIN,
    /// Its memory is wanted for others, or there is none to bring it back now; a call will fetch it again.
    EVICT,
    /// Nothing of it is left in memory.
    UNLOAD,
    FAIL
}
