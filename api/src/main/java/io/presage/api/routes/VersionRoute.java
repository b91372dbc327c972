package io.presage.api.routes;

import io.presage.api.replicas.Replica;
import io.presage.contract.state.RoutingTable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One version of a model and the workers on which it is Ready. Paths are made once, not per call.
///
/// @param sha256 digest of its package; null when the table does not say
/// @param loading null unless it is on its way to a worker and on none yet
public record VersionRoute(
        String model,
        int version,
        String number,
        List<Replica> replicas,
        String path,
        String infer,
        @Nullable String sha256,
        RoutingTable.@Nullable Loading loading) {
    static VersionRoute of(
            String model,
            int version,
            List<Replica> replicas,
            @Nullable String sha256,
            RoutingTable.@Nullable Loading loading) {
        String number = Integer.toString(version);
        String path = "/v2/models/" + model + "/versions/" + number;
        return new VersionRoute(model, version, number, List.copyOf(replicas), path, path + "/infer", sha256, loading);
    }

    public boolean ready() {
        return !replicas.isEmpty();
    }
}
