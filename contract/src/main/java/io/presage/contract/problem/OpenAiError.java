package io.presage.contract.problem;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// The error body of `/openai/v1`, as OpenAI's clients read it: `{"error": {"message": ..., "type": ...,
/// "param": null, "code": ...}}`, with `retryable` and `request_id` added. Where OpenAI has a code of its own
/// for a [Problem], that is the code; else it is the problem's name in small letters.
public final class OpenAiError {
    /// UTF-8 JSON.
    public static byte[] json(Problem problem, String detail, String requestId) {
        var json = new StringBuilder(detail.length() + requestId.length() + 160);
        json.append("{\"error\":{\"message\":");
        OipError.appendText(json, detail);
        json.append(",\"type\":\"").append(type(problem));
        json.append("\",\"param\":null,\"code\":\"").append(code(problem));
        json.append("\",\"retryable\":").append(problem.retryable());
        json.append(",\"request_id\":");
        OipError.appendText(json, requestId);
        return json.append("}}").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String type(Problem problem) {
        if (problem.status() == 429) {
            return "rate_limit_error";
        }
        return problem.status() < 500 ? "invalid_request_error" : "server_error";
    }

    private static String code(Problem problem) {
        return switch (problem) {
            case UNAUTHENTICATED -> "invalid_api_key";
            case RATE_LIMITED -> "rate_limit_exceeded";
            default -> problem.name().toLowerCase(Locale.ROOT);
        };
    }

    private OpenAiError() {}
}
