package io.presage.api.shadow;

import io.presage.contract.http.Headers;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/// A whole 200 answer of a version.
///
/// @param nanos from the sending of the request to the end of the answer
public record Answer(MultiMap headers, Buffer body, long nanos) {
    /// Bytes of its JSON part; -1 when all of it is JSON.
    int jsonLength() {
        String length = headers.get(Headers.INFERENCE_HEADER_CONTENT_LENGTH);
        return length == null || !length.matches("[0-9]{1,9}") ? -1 : Integer.parseInt(length);
    }

    /// Its body, inflated; empty when that is larger than `bytesMax`, or nothing that can be inflated.
    Optional<byte[]> plain(int bytesMax) {
        byte[] bytes = body.getBytes();
        String encoding = headers.get(HttpHeaders.CONTENT_ENCODING);
        try (var in = inflating(encoding, new ByteArrayInputStream(bytes))) {
            if (in == null) {
                return Optional.empty();
            }
            byte[] plain = in.readNBytes(bytesMax + 1);
            return plain.length > bytesMax ? Optional.empty() : Optional.of(plain);
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static @Nullable InputStream inflating(@Nullable String encoding, InputStream bytes) throws IOException {
        if (encoding == null || encoding.equalsIgnoreCase("identity")) {
            return bytes;
        }
        if (encoding.equalsIgnoreCase("gzip")) {
            return new GZIPInputStream(bytes);
        }
        return encoding.equalsIgnoreCase("deflate") ? new InflaterInputStream(bytes) : null;
    }
}
