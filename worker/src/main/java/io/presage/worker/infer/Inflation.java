package io.presage.worker.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/// Unpacks bodies. What comes out is bounded whatever the body claims, and asked for before it is taken: a few
/// bytes can hold a thousand times as many. Any thread but an event loop's.
final class Inflation {
    private static final int FIRST_BYTES = 16 << 10;
    private static final int BUFFER_BYTES = 4096;

    private Inflation() {}

    /// The first `length` of `bytes`, unpacked.
    record Inflated(byte[] bytes, int length) {}

    /// Unpacks the first `length` bytes of `packed`. `reserve` hears of more bytes before they are taken, and may
    /// refuse by throwing.
    ///
    /// @throws ProblemException INVALID_REQUEST when it is not packed so, BODY_TOO_LARGE when it unpacks to more
    ///     than `bytesMax`
    static Inflated inflate(ContentCoding coding, byte[] packed, int length, long bytesMax, IntConsumer reserve) {
        var source = new ByteArrayInputStream(packed, 0, length);
        try {
            return switch (coding) {
                case IDENTITY -> new Inflated(packed, length);
                case GZIP -> gunzip(source, bytesMax, reserve);
                case DEFLATE -> inflate(source, bytesMax, reserve);
            };
        } catch (EOFException _) {
            throw broken(coding, "an end too early");
        } catch (IOException e) {
            throw broken(coding, e.getMessage() == null ? "something else" : e.getMessage());
        }
    }

    private static Inflated gunzip(InputStream source, long bytesMax, IntConsumer reserve) throws IOException {
        try (var stream = new GZIPInputStream(source, BUFFER_BYTES)) {
            return readAll(stream, bytesMax, reserve);
        }
    }

    private static Inflated inflate(InputStream source, long bytesMax, IntConsumer reserve) throws IOException {
        var inflater = new Inflater();
        try (var stream = new InflaterInputStream(source, inflater, BUFFER_BYTES)) {
            var inflated = readAll(stream, bytesMax, reserve);
            int left = inflater.getRemaining() + source.available();
            if (left > 0) {
                throw broken(ContentCoding.DEFLATE, left + " bytes after the end");
            }
            return inflated;
        } finally {
            inflater.end();
        }
    }

    private static Inflated readAll(InputStream stream, long bytesMax, IntConsumer reserve) throws IOException {
        int size = (int) Math.min(FIRST_BYTES, bytesMax + 1);
        reserve.accept(size);
        var bytes = new byte[size];
        int length = 0;
        while (true) {
            int read = stream.read(bytes, length, bytes.length - length);
            if (read < 0) {
                return new Inflated(bytes, length);
            }
            length += read;
            if (length > bytesMax) {
                throw new ProblemException(
                        Problem.BODY_TOO_LARGE,
                        "the body is larger than " + bytesMax + " bytes once unpacked (expected: at most that)");
            }
            if (length == bytes.length) {
                int grown = (int) Math.min(2L * length, bytesMax + 1);
                reserve.accept(grown - length);
                bytes = Arrays.copyOf(bytes, grown);
            }
        }
    }

    private static ProblemException broken(ContentCoding coding, String found) {
        return new ProblemException(
                Problem.INVALID_REQUEST,
                "the body is not packed as its Content-Encoding says: " + found + " (expected: " + coding.header()
                        + ")");
    }
}
