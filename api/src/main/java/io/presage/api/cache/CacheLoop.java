package io.presage.api.cache;

import io.netty.util.AsciiString;
import io.presage.api.forward.ForwardedHeaders;
import io.presage.api.limits.Body;
import io.presage.api.routes.VersionRoute;
import io.presage.contract.http.Headers;
import io.presage.contract.state.TrafficPolicy;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.Optional;

/// One event loop's way to the [ResponseCache].
public final class CacheLoop {
    /// Hashing more would hold up the loop for milliseconds.
    private static final long REQUEST_BYTES_MAX = 1 << 20;

    private static final List<CharSequence> COUNTS =
            List.of(AsciiString.cached(Headers.ROWS), AsciiString.cached(Headers.TOKENS));

    private final ResponseCache cache;
    private final CacheKeys keys = new CacheKeys();
    private final long answerBytesMax;

    /// @param answerBytesMax larger answers are not kept
    public CacheLoop(ResponseCache cache, long answerBytesMax) {
        this.cache = cache;
        this.answerBytesMax = answerBytesMax;
    }

    /// Looks for the answer to a request; empty when such requests have none: too large, or the version's
    /// digest is not
    /// known.
    ///
    /// @param call waits if an identical request is on its way
    public Optional<Found> look(
            TrafficPolicy.Cache terms, VersionRoute route, String tenant, MultiMap headers, Body body, Waiting call) {
        String digest = route.sha256();
        if (digest == null || body.bytes() > REQUEST_BYTES_MAX) {
            return Optional.empty();
        }
        var key = keys.of(digest, route.infer(), tenant, headers, body.pieces());
        return Optional.of(cache.look(route.model(), terms, key, call));
    }

    /// What of a worker's answer can be kept, as a copy of its own; empty for all but whole answers of 200.
    public Optional<Kept> kept(int status, MultiMap headers, Buffer body) {
        if (status != 200 || body.length() > answerBytesMax) {
            return Optional.empty();
        }
        var own = MultiMap.caseInsensitiveMultiMap();
        ForwardedHeaders.copy(ForwardedHeaders.FROM_WORKER, headers, own);
        ForwardedHeaders.copy(COUNTS, headers, own);
        own.remove(HttpHeaders.RETRY_AFTER);
        return Optional.of(new Kept(own, body.copy()));
    }
}
