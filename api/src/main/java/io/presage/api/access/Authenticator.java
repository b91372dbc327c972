package io.presage.api.access;

import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/// Turns a request's key into its [Grant]. One per event loop: it reuses its digest.
///
/// The hash is taken anew for every request. That costs about half a microsecond, and leaves no cache that
/// would keep keys in clear in memory, grow with guessed ones, or go on knowing a revoked one.
public final class Authenticator {
    private static final int KEY_CHARACTERS_MAX = 512;
    private static final String BEARER = "Bearer ";

    private final MessageDigest sha256;

    public Authenticator() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("a JDK without SHA-256. This is a bug.", e);
        }
    }

    /// What the holder of the key in `headers` may do.
    /// @throws ProblemException UNAUTHENTICATED
    public Grant authenticate(MultiMap headers, KeyRing keys) {
        String text = key(headers);
        if (text == null) {
            throw new ProblemException(
                    Problem.UNAUTHENTICATED, "no API key (expected: Authorization: Bearer KEY, or X-API-Key: KEY)");
        }
        if (text.length() > KEY_CHARACTERS_MAX) {
            throw new ProblemException(Problem.UNAUTHENTICATED, "the API key is longer than any that was ever given");
        }
        return keys.find(sha256.digest(text.getBytes(StandardCharsets.UTF_8)))
                .orElseThrow(() ->
                        new ProblemException(Problem.UNAUTHENTICATED, "the API key is unknown, or it was revoked"));
    }

    private static @Nullable String key(MultiMap headers) {
        String authorization = headers.get(HttpHeaders.AUTHORIZATION);
        if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return authorization.substring(BEARER.length()).strip();
        }
        return headers.get(Headers.API_KEY);
    }
}
