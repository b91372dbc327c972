package io.presage.contract.state;

/// Life of a version in one worker. `NEW -> FETCHING -> LOADING -> WARMING -> READY -> DRAINING -> UNLOADED`,
/// any but the last `-> FAILED`. `READY -> EVICTED` when its memory is wanted for others: it was Ready here, a
/// call loads it again (`EVICTED -> FETCHING`), and callers wait within their deadlines.
public enum SlotState {
    NEW,
    FETCHING,
    LOADING,
    WARMING,
    READY,
    EVICTED,
    DRAINING,
    UNLOADED,
    FAILED
}
