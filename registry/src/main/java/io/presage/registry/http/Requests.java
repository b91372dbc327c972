package io.presage.registry.http;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Reads single things out of a request. Stateless; any thread.
public final class Requests {
    /// The client's id of the request, or the one it was given.
    public static String id(HttpServletRequest request) {
        return RequestFilter.requestId(request);
    }

    /// A parameter of the query, decoded. Unlike `getParameter`, which reads a body that claims to be a form
    /// (as `curl --data-binary` does) into memory, this never touches the body.
    public static Optional<String> query(HttpServletRequest request, String name) {
        var query = request.getQueryString();
        if (query == null) {
            return Optional.empty();
        }
        for (var pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals >= 0 && pair.substring(0, equals).equals(name)) {
                return Optional.of(decoded(pair.substring(equals + 1)));
            }
        }
        return Optional.empty();
    }

    /// A text with a broken escape stays as it came: it will not match what is expected, and the message shows
    /// it.
    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text;
        }
    }

    private Requests() {}
}
