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
                .forEach(model -> append(json.append(json.length() == start ? "" : ","), model));
        return json.append("]}").toString();
    }

    static String json(ModelRoute model) {
        var json = new StringBuilder();
        append(json, model);
        return json.toString();
    }

    private static void append(StringBuilder json, ModelRoute model) {
        json.append("{\"id\":\"")
                .append(model.name())
                .append("\",\"object\":\"model\",\"created\":0,\"owned_by\":\"presage\"}");
    }
}
