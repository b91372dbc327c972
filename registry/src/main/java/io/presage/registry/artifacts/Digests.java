package io.presage.registry.artifacts;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the digest that a client announces for its upload. Pure; any thread.
public final class Digests {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
    private static final int SHA256_BYTES = 32;

    /// The digest, from either of the two places where it may stand.
    ///
    /// @param hex the query parameter `sha256`
    /// @param contentDigest RFC 9530 `Content-Digest`, a dictionary whose other algorithms are ignored
    /// @return lower-case hex; empty when nothing was announced
    /// @throws ProblemException INVALID_REQUEST when it cannot be read or the two contradict each other
    public static Optional<String> announced(@Nullable String hex, @Nullable String contentDigest) {
        var fromQuery = Optional.ofNullable(hex).map(Digests::hex);
        var fromHeader = contentDigest == null ? Optional.<String>empty() : fromHeader(contentDigest);
        if (fromQuery.isPresent() && fromHeader.isPresent() && !fromQuery.equals(fromHeader)) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "sha256: " + fromQuery.get() + " (expected: the digest in Content-Digest, " + fromHeader.get()
                            + ")");
        }
        return fromQuery.or(() -> fromHeader);
    }

    static boolean isSha256(String text) {
        return HEX.matcher(text).matches();
    }

    private static String hex(String text) {
        var lower = text.toLowerCase(Locale.ROOT);
        if (!isSha256(lower)) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    "sha256: " + text.length() + " characters (expected: 64 hexadecimal digits)");
        }
        return lower;
    }

    private static Optional<String> fromHeader(String header) {
        for (var member : header.split(",", -1)) {
            var digest = member.strip();
            if (digest.startsWith("sha-256=")) {
                return Optional.of(hexOfBase64(digest.substring("sha-256=".length())));
            }
        }
        return Optional.empty();
    }

    private static String hexOfBase64(String item) {
        if (item.length() > 2 && item.startsWith(":") && item.endsWith(":")) {
            try {
                var bytes = Base64.getDecoder().decode(item.substring(1, item.length() - 1));
                if (bytes.length == SHA256_BYTES) {
                    return HexFormat.of().formatHex(bytes);
                }
            } catch (IllegalArgumentException _) {
                // Falls through to the message that serves both.
            }
        }
        throw new ProblemException(
                Problem.INVALID_REQUEST, "Content-Digest: not readable (expected: sha-256=:BASE64 OF 32 BYTES:)");
    }

    private Digests() {}
}
