package io.presage.api.grpc;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A worker's error as an exception that can be told in gRPC's words. Pure.
final class WorkerError {
    private static final JsonMapper JSON = new JsonMapper();

    /// @param status of HTTP, 400 or more
    /// @param body `{"error": ..., "code": ...}`
    static ProblemException of(int status, Buffer body, @Nullable String retryAfter) {
        JsonNode json;
        try {
            json = JSON.readTree(body.getBytes());
        } catch (JacksonException _) {
            json = JSON.createObjectNode();
        }
        String detail = json.path("error").asString("the replica answered " + status);
        return ProblemException.retryAfter(
                problem(json.path("code").asString(""), status), detail, seconds(retryAfter));
    }

    private static Problem problem(String code, int status) {
        for (var problem : Problem.values()) {
            if (problem.name().equals(code)) {
                return problem;
            }
        }
        return switch (status) {
            case 404 -> Problem.NOT_FOUND;
            case 413 -> Problem.BODY_TOO_LARGE;
            case 429 -> Problem.RATE_LIMITED;
            case 501 -> Problem.UNSUPPORTED;
            case 503 -> Problem.OVERLOADED;
            case 504 -> Problem.DEADLINE_EXCEEDED;
            default -> status < 500 ? Problem.INVALID_REQUEST : Problem.UPSTREAM_FAILED;
        };
    }

    private static int seconds(@Nullable String retryAfter) {
        return retryAfter != null && retryAfter.matches("[0-9]{1,6}") ? Integer.parseInt(retryAfter) : 0;
    }

    private WorkerError() {}
}
