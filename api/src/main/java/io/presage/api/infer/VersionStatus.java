package io.presage.api.infer;

import io.presage.api.routes.ModelRoute;
import io.presage.api.routes.VersionRoute;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The answer to TensorFlow Serving's `GET /v1/models/M[/versions/V|/labels/L]`: what the routing table knows.
/// Pure.
final class VersionStatus {
    private static final String AVAILABLE =
            "\",\"state\":\"AVAILABLE\",\"status\":{\"error_code\":\"OK\",\"error_message\":\"\"}}";
    private static final String LOADING = "\",\"state\":\"LOADING\",\"status\":{\"error_code\":\"UNAVAILABLE\","
            + "\"error_message\":\"no Ready replica\"}}";

    private VersionStatus() {}

    /// Of all versions, the newest first, when none is named.
    ///
    /// @throws io.presage.contract.problem.ProblemException VERSION_NOT_FOUND
    static String json(ModelRoute model, @Nullable String version) {
        List<VersionRoute> versions = version == null ? model.versions().reversed() : List.of(model.version(version));
        var json = new StringBuilder("{\"model_version_status\":[");
        for (int i = 0; i < versions.size(); i++) {
            json.append(i == 0 ? "" : ",")
                    .append("{\"version\":\"")
                    .append(versions.get(i).number())
                    .append(versions.get(i).ready() ? AVAILABLE : LOADING);
        }
        return json.append("]}").toString();
    }
}
