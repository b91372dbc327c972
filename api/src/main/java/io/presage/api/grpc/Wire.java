package io.presage.api.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.presage.contract.infer.CodecLimits;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Protobuf's wire format, read in place. Pure.
final class Wire {
    private static final int SMALL_BYTES_MAX = 65_536;

    /// A part of a message's bytes.
    record Range(int from, int length) {}

    /// The range of the length-delimited field whose tag was read; the stream goes on after it.
    static Range range(CodedInputStream in, int base) throws IOException {
        int length = in.readRawVarint32();
        int from = base + in.getTotalBytesRead();
        in.skipRawBytes(length);
        return new Range(from, length);
    }

    static CodedInputStream in(byte[] bytes, Range range) {
        return CodedInputStream.newInstance(bytes, range.from(), range.length());
    }

    /// The text whose tag was read, of a stream that begins at `base`. What is longer than names may be is not
    /// made
    /// a string of.
    ///
    /// @throws ProblemException INVALID_REQUEST
    static String text(CodedInputStream in, byte[] bytes, int base, String what) throws IOException {
        var range = range(in, base);
        int max = CodecLimits.DEFAULT.nameBytesMax();
        if (range.length() > max) {
            throw new ProblemException(
                    Problem.INVALID_REQUEST, what + " of " + range.length() + " bytes (expected: at most " + max + ")");
        }
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes, range.from(), range.length()))
                .toString();
    }

    static void skip(CodedInputStream in, int tag) throws IOException {
        if (!in.skipField(tag)) {
            throw new InvalidProtocolBufferException("a group ends that did not begin");
        }
    }

    static int field(int tag) {
        return tag >>> 3;
    }

    static boolean isDelimited(int tag) {
        return (tag & 7) == 2;
    }

    /// A message of a few fields. Those that could be large are not read so: a parser would make objects of bytes
    /// faster than any bound.
    ///
    /// @throws ProblemException INVALID_REQUEST, BODY_TOO_LARGE
    static <T extends MessageLite> T small(byte[] message, Parser<T> parser) {
        if (message.length > SMALL_BYTES_MAX) {
            throw new ProblemException(
                    Problem.BODY_TOO_LARGE, "the message is larger than " + SMALL_BYTES_MAX + " bytes");
        }
        try {
            return parser.parseFrom(message);
        } catch (InvalidProtocolBufferException e) {
            throw broken(e);
        }
    }

    static ProblemException broken(IOException cause) {
        return new ProblemException(
                Problem.INVALID_REQUEST, "the message is not what the method takes: " + cause.getMessage());
    }

    private Wire() {}
}
