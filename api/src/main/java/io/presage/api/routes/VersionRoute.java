package io.presage.api.routes;

import io.presage.api.replicas.Replica;
import java.util.List;

/// One version of a model and the workers on which it is Ready. Paths are made once, not per call.
public record VersionRoute(
        String model, int version, String number, List<Replica> replicas, String path, String infer) {
    static VersionRoute of(String model, int version, List<Replica> replicas) {
        String number = Integer.toString(version);
        String path = "/v2/models/" + model + "/versions/" + number;
        return new VersionRoute(model, version, number, List.copyOf(replicas), path, path + "/infer");
    }

    public boolean ready() {
        return !replicas.isEmpty();
    }
}
