package io.presage.e2e.cluster;

import java.net.http.HttpHeaders;
import tools.jackson.databind.JsonNode;

/// What came back.
///
/// @param body the JSON of the answer; an empty object where there was none
public record Answer(int status, JsonNode body, HttpHeaders headers) {
    /// The version that answered a predict call, by its header.
    public int version() {
        return Integer.parseInt(headers.firstValue("Presage-Model-Version").orElse("-1"));
    }

    /// The first number of the first output.
    public double number() {
        return body.path("outputs").path(0).path("data").path(0).asDouble();
    }

    /// `code` of an error answer.
    public String code() {
        return body.path("code").asString("");
    }
}
