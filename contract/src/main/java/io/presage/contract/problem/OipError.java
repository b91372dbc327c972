package io.presage.contract.problem;

import java.nio.charset.StandardCharsets;

/// The error body of `/v2`: `{"error": ..., "code": ..., "retryable": ..., "request_id": ...}`.
public final class OipError {
    /// UTF-8 JSON.
    public static byte[] json(Problem problem, String detail, String requestId) {
        var json = new StringBuilder(detail.length() + requestId.length() + 96);
        json.append("{\"error\":");
        appendText(json, detail);
        json.append(",\"code\":\"").append(problem.name());
        json.append("\",\"retryable\":").append(problem.retryable());
        json.append(",\"request_id\":");
        appendText(json, requestId);
        return json.append('}').toString().getBytes(StandardCharsets.UTF_8);
    }

    static void appendText(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            if (next == '"' || next == '\\') {
                json.append('\\').append(next);
            } else if (next < ' ') {
                json.append("\\u00")
                        .append(Character.forDigit(next >> 4, 16))
                        .append(Character.forDigit(next & 15, 16));
            } else {
                json.append(next);
            }
        }
        json.append('"');
    }

    private OipError() {}
}
