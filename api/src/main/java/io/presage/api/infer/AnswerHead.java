package io.presage.api.infer;

import io.netty.util.AsciiString;
import io.presage.api.forward.ForwardedHeaders;
import io.presage.contract.http.Headers;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;

/// The head of a worker's answer, and of it what may pass to the caller. One event loop.
///
/// @param version number of the version that answered
public record AnswerHead(HttpClientResponse from, String version) {
    private static final AsciiString MODEL_VERSION = AsciiString.cached(Headers.MODEL_VERSION);

    public int status() {
        return from.statusCode();
    }

    /// Adds the version's number and, where the client may try again, the time after which.
    void copyTo(MultiMap headers) {
        ForwardedHeaders.copy(ForwardedHeaders.FROM_WORKER, from.headers(), headers);
        headers.set(MODEL_VERSION, version);
        if ((status() == 503 || status() == 429) && !headers.contains(HttpHeaders.RETRY_AFTER)) {
            headers.set(HttpHeaders.RETRY_AFTER, "1");
        }
    }
}
