package io.presage.api.http;

import io.presage.contract.problem.OipError;
import io.presage.contract.problem.OpenAiError;
import io.presage.contract.problem.ProblemException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// How an error is written. Pure; any thread.
public enum ErrorForm {
    /// `{"error": ...}` of the Open Inference Protocol.
    OIP("application/json") {
        @Override
        byte[] body(ProblemException problem, String requestId) {
            return OipError.json(problem.problem(), problem.detail(), requestId);
        }
    },

    /// `{"error": {"message": ...}}` of OpenAI.
    OPENAI("application/json") {
        @Override
        byte[] body(ProblemException problem, String requestId) {
            return OpenAiError.json(problem.problem(), problem.detail(), requestId);
        }
    },

    /// Problem details of RFC 9457, as the registry writes them.
    RFC_9457("application/problem+json") {
        @Override
        byte[] body(ProblemException problem, String requestId) {
            var kind = problem.problem();
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("type", "urn:presage:problem:" + kind.name().toLowerCase(Locale.ROOT));
            members.put("title", kind.meaning());
            members.put("status", kind.status());
            members.put("detail", problem.detail());
            members.put("code", kind.name());
            members.put("retryable", kind.retryable());
            members.put("request_id", requestId);
            return JSON.writeValueAsBytes(members);
        }
    };

    private static final JsonMapper JSON = new JsonMapper();

    private final String contentType;

    ErrorForm(String contentType) {
        this.contentType = contentType;
    }

    /// How errors are written to whoever asked for `path`. TensorFlow Serving's form of them is a part of OIP's.
    static ErrorForm of(@Nullable String path) {
        if (path != null && path.startsWith("/api/")) {
            return RFC_9457;
        }
        return path != null && path.startsWith("/openai/") ? OPENAI : OIP;
    }

    String contentType() {
        return contentType;
    }

    abstract byte[] body(ProblemException problem, String requestId);
}
