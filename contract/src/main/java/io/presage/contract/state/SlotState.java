package io.presage.contract.state;

/// Life of a version in one worker. `NEW -> FETCHING -> LOADING -> WARMING -> READY -> DRAINING -> UNLOADED`,
/// any but the last `-> FAILED`.
public enum SlotState {
    NEW,
    FETCHING,
    LOADING,
    WARMING,
    READY,
    DRAINING,
    UNLOADED,
    FAILED
}
