package io.presage.worker.infer;

import io.netty.util.AsciiString;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.OipError;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/// An answer, ready to be sent.
///
/// @param jsonLength for `Inference-Header-Content-Length`, or -1
/// @param coding how the body is packed
/// @param rows that were run for a predict call; 0 for every other answer
/// @param tokens that were run for it, padding apart; 0 where there are none
/// @param problem null for a success
record Reply(
        int status,
        Buffer body,
        ContentCoding coding,
        int jsonLength,
        @Nullable String modelVersion,
        int rows,
        long tokens,
        @Nullable Problem problem,
        int retryAfterSeconds,
        @Nullable String allow) {
    static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    static final CharSequence OCTETS = HttpHeaders.createOptimized("application/octet-stream");
    static final CharSequence JSON_LENGTH = new AsciiString(Headers.INFERENCE_HEADER_CONTENT_LENGTH);
    static final CharSequence MODEL_VERSION = new AsciiString(Headers.MODEL_VERSION);
    static final CharSequence ROWS = new AsciiString(Headers.ROWS);
    static final CharSequence TOKENS = new AsciiString(Headers.TOKENS);
    static final CharSequence REQUEST_ID = new AsciiString(Headers.REQUEST_ID);
    static final CharSequence PROBLEM_CODE = new AsciiString(Headers.PROBLEM_CODE);

    static Reply json(byte[] body) {
        return new Reply(200, Buffer.buffer(body), ContentCoding.IDENTITY, -1, null, 0, 0, null, 0, null);
    }

    /// An answer of OIP whose status says "no": ready, or not.
    static Reply notReady(byte[] body) {
        return new Reply(
                503, Buffer.buffer(body), ContentCoding.IDENTITY, -1, null, 0, 0, Problem.VERSION_NOT_READY, 1, null);
    }

    /// The answer of a predict call, whose first `length` bytes of `body` are copied.
    static Reply answer(byte[] body, int length, int jsonLength, String modelVersion, int rows, long tokens) {
        return new Reply(
                200,
                Buffer.buffer(length).appendBytes(body, 0, length),
                ContentCoding.IDENTITY,
                jsonLength,
                modelVersion,
                rows,
                tokens,
                null,
                0,
                null);
    }

    /// `body` says what went wrong in the caller's protocol.
    static Reply of(ProblemException e, byte[] body) {
        int retryAfter = e.problem().retryable() ? Math.max(1, e.retryAfterSeconds()) : 0;
        return new Reply(
                e.problem().status(),
                Buffer.buffer(body),
                ContentCoding.IDENTITY,
                -1,
                null,
                0,
                0,
                e.problem(),
                retryAfter,
                null);
    }

    static Reply methodNotAllowed(String allow, String requestId) {
        var detail = "this path allows " + allow;
        return new Reply(
                Problem.METHOD_NOT_ALLOWED.status(),
                Buffer.buffer(OipError.json(Problem.METHOD_NOT_ALLOWED, detail, requestId)),
                ContentCoding.IDENTITY,
                -1,
                null,
                0,
                0,
                Problem.METHOD_NOT_ALLOWED,
                0,
                allow);
    }

    /// The same with its body packed; `jsonLength` goes on counting bytes of what is unpacked.
    Reply packed(ContentCoding with, Buffer packedBody) {
        return new Reply(
                status, packedBody, with, jsonLength, modelVersion, rows, tokens, problem, retryAfterSeconds, allow);
    }
}
