package io.presage.api.cache;

import io.netty.util.AsciiString;
import io.presage.contract.http.Headers;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes keys of requests. One per event loop: it reuses its digest.
final class CacheKeys {
    /// What shapes an answer beside the body. Headers of tracing, deadlines and priorities do not.
    private static final List<CharSequence> SHAPING = List.of(
            HttpHeaders.CONTENT_TYPE,
            HttpHeaders.CONTENT_ENCODING,
            HttpHeaders.ACCEPT,
            HttpHeaders.ACCEPT_ENCODING,
            AsciiString.cached(Headers.INFERENCE_HEADER_CONTENT_LENGTH));

    private final MessageDigest sha256;

    CacheKeys() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("a JDK without SHA-256. This is a bug.", e);
        }
    }

    /// Every part goes in with its length, so that no two lists of parts look alike.
    ///
    /// @param path names the model and the version, which stand in the answer
    CacheKey of(String versionSha256, String path, String tenant, MultiMap headers, List<Buffer> body) {
        sha256.reset();
        put(versionSha256);
        put(path);
        put(tenant);
        for (var name : SHAPING) {
            put(headers.get(name));
        }
        for (var piece : body) {
            sha256.update(piece.getBytes());
        }
        return CacheKey.of(sha256.digest());
    }

    private void put(@Nullable String text) {
        if (text == null) {
            putLength(-1);
            return;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        putLength(bytes.length);
        sha256.update(bytes);
    }

    private void putLength(int length) {
        sha256.update(ByteBuffer.allocate(4).putInt(length).flip());
    }
}
