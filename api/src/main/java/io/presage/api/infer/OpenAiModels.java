package io.presage.api.infer;

import io.presage.api.access.Grant;
import io.presage.api.routes.ModelRoute;
import io.presage.api.routes.RoutingIndex;

/// The answers to `GET /openai/v1/models` and `/openai/v1/models/M`: what the routing table knows, as far as
/// the key may see it. It does not know when a model was made: `created` is 0. Pure.
final class OpenAiModels {
    private OpenAiModels() {}

    /// Names need no escaping.
    static String json(RoutingIndex index, Grant grant) {
        var json = new StringBuilder("{\"object\":\"list\",\"data\":[");
        int start = json.length();
        index.models().stream()
                .filter(model -> grant.covers(model.name()))
                .forEach(model -> append(json.append(json.length() == start ? "" : ","), model.name()));
        return json.append("]}").toString();
    }

    /// Of one model, under the name by which it was asked for.
    ///
    /// @throws io.presage.contract.problem.ProblemException VERSION_NOT_FOUND
    static String json(ModelRoute model, NamedModel named) {
        if (named.version() != null) {
            model.version(named.version());
        }
        var json = new StringBuilder();
        append(json, named.text());
        return json.toString();
    }

    private static void append(StringBuilder json, String id) {
        json.append("{\"id\":\"").append(id).append("\",\"object\":\"model\",\"created\":0,\"owned_by\":\"presage\"}");
    }
}
