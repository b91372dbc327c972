package io.presage.api.forward;

import io.netty.util.AsciiString;
import io.presage.contract.http.Headers;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.List;

/// The headers that pass through the gateway. Everything else stays out: hop-by-hop headers, a client's own
/// `Presage-Service-Secret`, and whatever the next proxy bug will need. Constants; any thread.
public final class ForwardedHeaders {
    public static final List<CharSequence> TO_WORKER = List.of(
            HttpHeaders.CONTENT_TYPE,
            HttpHeaders.CONTENT_ENCODING,
            HttpHeaders.ACCEPT,
            HttpHeaders.ACCEPT_ENCODING,
            name(Headers.INFERENCE_HEADER_CONTENT_LENGTH),
            name(Headers.PRIORITY),
            name("traceparent"),
            name("tracestate"));

    public static final List<CharSequence> FROM_WORKER = List.of(
            HttpHeaders.CONTENT_TYPE,
            HttpHeaders.CONTENT_ENCODING,
            HttpHeaders.VARY,
            HttpHeaders.ALLOW,
            HttpHeaders.RETRY_AFTER,
            name(Headers.INFERENCE_HEADER_CONTENT_LENGTH));

    static final List<CharSequence> TO_REGISTRY = List.of(
            HttpHeaders.ACCEPT,
            HttpHeaders.ACCEPT_ENCODING,
            HttpHeaders.AUTHORIZATION,
            name(Headers.API_KEY),
            HttpHeaders.CONTENT_TYPE,
            HttpHeaders.CONTENT_ENCODING,
            name("Content-Digest"),
            HttpHeaders.IF_MATCH,
            HttpHeaders.IF_NONE_MATCH,
            HttpHeaders.IF_MODIFIED_SINCE,
            name("Range"),
            name("If-Range"),
            name("Idempotency-Key"),
            HttpHeaders.USER_AGENT,
            name("traceparent"),
            name("tracestate"));

    static final List<CharSequence> FROM_REGISTRY = List.of(
            HttpHeaders.CONTENT_TYPE,
            HttpHeaders.CONTENT_ENCODING,
            HttpHeaders.CONTENT_DISPOSITION,
            HttpHeaders.CONTENT_LANGUAGE,
            name("Content-Digest"),
            HttpHeaders.CONTENT_RANGE,
            HttpHeaders.ACCEPT_RANGES,
            HttpHeaders.CACHE_CONTROL,
            HttpHeaders.ETAG,
            HttpHeaders.LAST_MODIFIED,
            HttpHeaders.LOCATION,
            HttpHeaders.VARY,
            HttpHeaders.ALLOW,
            HttpHeaders.RETRY_AFTER,
            name("WWW-Authenticate"));

    public static void copy(List<CharSequence> names, MultiMap from, MultiMap to) {
        for (var name : names) {
            String value = from.get(name);
            if (value != null) {
                to.set(name, value);
            }
        }
    }

    private static AsciiString name(String name) {
        return AsciiString.cached(name);
    }

    private ForwardedHeaders() {}
}
