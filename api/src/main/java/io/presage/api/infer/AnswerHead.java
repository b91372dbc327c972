package io.presage.api.infer;

import io.netty.util.AsciiString;
import io.presage.api.forward.ForwardedHeaders;
import io.presage.contract.http.Headers;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/// The head of an answer, a worker's or one that was kept, and of it what may pass to the caller. One event loop.
///
/// @param headers all that came
/// @param version number of the version that answered
/// @param cache for [Headers#CACHE]; null when a worker was asked
public record AnswerHead(
        int status,
        MultiMap headers,
        String version,
        @Nullable String cache) {
    private static final AsciiString MODEL_VERSION = AsciiString.cached(Headers.MODEL_VERSION);
    private static final AsciiString CACHE = AsciiString.cached(Headers.CACHE);

    /// Of a worker's answer.
    public AnswerHead(int status, MultiMap headers, String version) {
        this(status, headers, version, null);
    }

    /// Adds the version's number and, where the client may try again, the time after which.
    void copyTo(MultiMap to) {
        ForwardedHeaders.copy(ForwardedHeaders.FROM_WORKER, headers, to);
        to.set(MODEL_VERSION, version);
        if (cache != null) {
            to.set(CACHE, cache);
        }
        if ((status == 503 || status == 429) && !to.contains(HttpHeaders.RETRY_AFTER)) {
            to.set(HttpHeaders.RETRY_AFTER, "1");
        }
    }
}
