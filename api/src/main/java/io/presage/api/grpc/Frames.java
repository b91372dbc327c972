package io.presage.api.grpc;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/// Length-prefixed messages: a flag, four bytes of length, the message (gRPC over HTTP/2). Pure.
final class Frames {
    static final int HEAD_BYTES = 5;

    /// The one message of a unary call, which is all of `body`.
    ///
    /// @param encoding value of `grpc-encoding`
    /// @throws ProblemException INVALID_REQUEST, UNSUPPORTED, BODY_TOO_LARGE
    static byte[] only(byte[] body, @Nullable String encoding, long bytesMax) {
        if (body.length < HEAD_BYTES) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, body.length + " bytes (expected: one length-prefixed message)");
        }
        long length = length(body, 0);
        if (length != body.length - HEAD_BYTES) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST,
                    (body.length - HEAD_BYTES) + " bytes after the prefix (expected: one message of " + length + ")");
        }
        return message(body, 0, (int) length, encoding, bytesMax);
    }

    /// The length that the prefix at `at` says.
    static long length(byte[] bytes, int at) {
        return (bytes[at + 1] & 0xFFL) << 24
                | (bytes[at + 2] & 0xFFL) << 16
                | (bytes[at + 3] & 0xFFL) << 8
                | (bytes[at + 4] & 0xFFL);
    }

    /// The message whose prefix is at `at`, inflated where it is compressed.
    static byte[] message(byte[] bytes, int at, int length, @Nullable String encoding, long bytesMax) {
        int from = at + HEAD_BYTES;
        return switch (bytes[at]) {
            case 0 -> Arrays.copyOfRange(bytes, from, from + length);
            case 1 -> inflated(new ByteArrayInputStream(bytes, from, length), encoding, bytesMax);
            default ->
                throw new ProblemException(
                        Problem.INVALID_REQUEST,
                        "the prefix of a message begins with " + bytes[at] + " (expected: 0, 1)");
        };
    }

    private static byte[] inflated(InputStream compressed, @Nullable String encoding, long bytesMax) {
        try (var in = inflater(compressed, encoding)) {
            var out = new ByteArrayOutputStream();
            var chunk = new byte[8192];
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                if (out.size() + (long) read > bytesMax) {
                    throw new ProblemException(
                            Problem.BODY_TOO_LARGE, "the message, inflated, is larger than " + bytesMax + " bytes");
                }
                out.write(chunk, 0, read);
            }
            return out.toByteArray();
        } catch (IOException _) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, "the message cannot be inflated (grpc-encoding: " + encoding + ")");
        }
    }

    private static InputStream inflater(InputStream compressed, @Nullable String encoding) throws IOException {
        return switch (encoding) {
            case "gzip" -> new GZIPInputStream(compressed);
            case "deflate" -> new InflaterInputStream(compressed);
            case null, default ->
                throw new ProblemException(
                        Problem.UNSUPPORTED,
                        "a compressed message with no known grpc-encoding (expected: gzip, deflate)");
        };
    }

    private Frames() {}
}
