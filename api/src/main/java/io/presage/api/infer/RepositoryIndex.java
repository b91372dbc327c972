package io.presage.api.infer;

import io.presage.api.access.Grant;
import io.presage.api.routes.ModelRoute;
import io.presage.api.routes.RoutingIndex;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The answer to `POST /v2/repository/index`: what the routing table knows, as far as the key may see it. Pure.
final class RepositoryIndex {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String READY = "\",\"state\":\"READY\",\"reason\":\"\"}";
    private static final String UNAVAILABLE = "\",\"state\":\"UNAVAILABLE\",\"reason\":\"no Ready replica\"}";

    /// Whether only what is ready is asked for. `body` is empty or `{"ready": bool}`; other members are
    /// ignored.
    /// @throws ProblemException INVALID_REQUEST
    static boolean readyOnly(byte[] body) {
        if (body.length == 0) {
            return false;
        }
        JsonNode root;
        try {
            root = JSON.readTree(body);
        } catch (JacksonException e) {
            throw new ProblemException(Problem.INVALID_REQUEST, "the body is not JSON (expected: {\"ready\": bool})");
        }
        var ready = root.path("ready");
        if (!root.isObject() || !(ready.isMissingNode() || ready.isBoolean())) {
            throw new ProblemException(Problem.INVALID_REQUEST, "ready: not a boolean (expected: {\"ready\": bool})");
        }
        return ready.booleanValue(false);
    }

    /// A JSON array with one object a version. Names need no escaping.
    static String json(RoutingIndex index, Grant grant, boolean readyOnly) {
        var json = new StringBuilder("[");
        index.models().stream()
                .filter(model -> grant.covers(model.name()))
                .forEach(model -> append(json, model, readyOnly));
        return json.append(']').toString();
    }

    private static void append(StringBuilder json, ModelRoute model, boolean readyOnly) {
        for (var version : model.versions()) {
            if (readyOnly && !version.ready()) {
                continue;
            }
            json.append(json.length() == 1 ? "" : ",")
                    .append("{\"name\":\"")
                    .append(model.name())
                    .append("\",\"version\":\"")
                    .append(version.number())
                    .append(version.ready() ? READY : UNAVAILABLE);
        }
    }

    private RepositoryIndex() {}
}
