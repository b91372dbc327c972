package io.presage.api.http;

import io.presage.contract.http.Headers;
import io.vertx.core.MultiMap;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/// The id of a request: the client's own if it may stand in a log and a header, else a random one. One per
/// event loop.
final class RequestIds {
    private final RandomGenerator random;

    RequestIds(RandomGenerator random) {
        this.random = random;
    }

    String of(MultiMap headers) {
        String own = headers.get(Headers.REQUEST_ID);
        return own != null && valid(own) ? own : HexFormat.of().toHexDigits(random.nextLong());
    }

    /// `[A-Za-z0-9._-]{1,128}`.
    private static boolean valid(String id) {
        if (id.isEmpty() || id.length() > 128) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean allowed = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '.'
                    || c == '_'
                    || c == '-';
            if (!allowed) {
                return false;
            }
        }
        return true;
    }
}
