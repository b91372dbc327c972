package io.presage.api.routes;

import io.presage.api.replicas.Replica;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One version of a model and the workers on which it is Ready. Paths are made once, not per call.
///
/// @param sha256 digest of its package; null when the table does not say
public record VersionRoute(
        String model,
        int version,
        String number,
        List<Replica> replicas,
        String path,
        String infer,
        @Nullable String sha256) {
    static VersionRoute of(String model, int version, List<Replica> replicas, @Nullable String sha256) {
        String number = Integer.toString(version);
        String path = "/v2/models/" + model + "/versions/" + number;
        return new VersionRoute(model, version, number, List.copyOf(replicas), path, path + "/infer", sha256);
    }

    public boolean ready() {
        return !replicas.isEmpty();
    }
}
