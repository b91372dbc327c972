package io.presage.registry.routes;

import java.util.Map;

/// What workers hold of one model.
///
/// @param replicasWanted copies of each version that the model's owner asked for
/// @param workersLive workers that could hold one
/// @param replicasReady version -> live workers on which it is assigned and Ready, or was Ready and is loaded
///     again by the first call; absent means none
record Readiness(int replicasWanted, int workersLive, Map<Integer, Integer> replicasReady) {
    Readiness {
        replicasReady = Map.copyOf(replicasReady);
    }

    int ready(int version) {
        return replicasReady.getOrDefault(version, 0);
    }

    /// Replicas that a version needs before calls are sent to it.
    int enough() {
        return Math.max(1, Math.min(replicasWanted, workersLive));
    }
}
