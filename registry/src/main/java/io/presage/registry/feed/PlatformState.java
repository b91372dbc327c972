package io.presage.registry.feed;

import io.presage.contract.state.DesiredState;
import io.presage.contract.state.RoutingTable;
import java.util.Map;

/// What the database says at one revision. The revisions inside of `routing` and `workers` are left at 0.
record PlatformState(long revision, RoutingTable routing, Map<String, DesiredState> workers) {
    PlatformState {
        workers = Map.copyOf(workers);
    }
}
