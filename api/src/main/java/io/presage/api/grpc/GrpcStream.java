package io.presage.api.grpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.netty.buffer.Unpooled;
import io.presage.api.http.Exchange;
import io.presage.api.infer.AnswerHead;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;

/// The answer to one gRPC call: messages, then a status in trailers. Ends once. One event loop.
final class GrpcStream {
    private static final CharSequence CONTENT_TYPE = HttpHeaders.createOptimized("application/grpc");
    private static final CharSequence STATUS = HttpHeaders.createOptimized("grpc-status");
    private static final CharSequence MESSAGE = HttpHeaders.createOptimized("grpc-message");
    private static final CharSequence ACCEPT_ENCODING = HttpHeaders.createOptimized("grpc-accept-encoding");
    private static final CharSequence ENCODINGS = HttpHeaders.createOptimized("identity,gzip,deflate");
    private static final CharSequence PUSHBACK_MILLIS = HttpHeaders.createOptimized("grpc-retry-pushback-ms");
    private static final CharSequence PROBLEM = HttpHeaders.createOptimized("presage-problem");
    private static final CharSequence MODEL_VERSION = HttpHeaders.createOptimized(Headers.MODEL_VERSION);
    private static final CharSequence CACHE = HttpHeaders.createOptimized(Headers.CACHE);
    private static final CharSequence OK = HttpHeaders.createOptimized("0");

    private final Exchange exchange;
    private boolean ended;

    GrpcStream(Exchange exchange) {
        this.exchange = exchange;
    }

    Exchange exchange() {
        return exchange;
    }

    /// Sends one of several messages.
    void send(MessageLite message) {
        if (isOpen()) {
            var response = response();
            if (!response.headWritten()) {
                response.writeHead();
            }
            response.write(framed(message));
        }
    }

    /// Sends the one message of an answer, and with it the end.
    void answer(MessageLite message) {
        if (isOpen()) {
            ended = true;
            var response = response();
            // Without this Vert.x would add a Content-Length.
            response.writeHead();
            response.putTrailer(STATUS, OK);
            response.end(framed(message));
        }
    }

    /// Writes the head, so that the client knows that its call is open.
    void open() {
        if (isOpen()) {
            response().writeHead();
        }
    }

    /// Says which version answered, and from where; before the head is written.
    void answeredBy(AnswerHead head) {
        note(MODEL_VERSION, head.version());
        if (head.cache() != null) {
            note(CACHE, head.cache());
        }
    }

    /// Adds metadata: to the head, or when that was written, to the trailers, where the last value of a name
    /// counts.
    void note(CharSequence name, String value) {
        if (isOpen()) {
            var response = exchange.request().response();
            (response.headWritten() ? response.trailers() : response.headers()).set(name, value);
        }
    }

    /// `gone` is run when the client goes away before the end, or the call is over.
    void whenGone(Runnable gone) {
        var response = exchange.request().response();
        if (!response.ended()) {
            response.closeHandler(_ -> gone.run());
            response.exceptionHandler(_ -> gone.run());
        }
    }

    /// Ends with OK after the messages that were sent.
    void end() {
        if (isOpen()) {
            ended = true;
            var response = response();
            if (!response.headWritten()) {
                response.writeHead();
            }
            response.putTrailer(STATUS, OK);
            response.end();
        }
    }

    /// Ends with an error of the gateway's own.
    void refuse(ProblemException problem) {
        exchange.refusedAs(problem.problem());
        fail(problem);
    }

    /// Ends with an error.
    void fail(ProblemException problem) {
        if (!isOpen()) {
            return;
        }
        ended = true;
        var response = response();
        var to = response.headWritten() ? response.trailers() : response.headers();
        to.set(STATUS, Integer.toString(problem.problem().grpcStatus().number()));
        to.set(MESSAGE, StatusText.encoded(problem.detail()));
        to.set(PROBLEM, problem.problem().name());
        if (problem.problem().retryable()) {
            int seconds = Math.max(1, problem.retryAfterSeconds());
            to.set(HttpHeaders.RETRY_AFTER, Integer.toString(seconds));
            to.set(PUSHBACK_MILLIS, Long.toString(1000L * seconds));
        }
        response.end().onComplete(_ -> exchange.stopBody());
    }

    /// The client is gone, or cannot be told.
    void breakOff() {
        ended = true;
        exchange.breakOff();
    }

    boolean isOpen() {
        return !ended && !exchange.request().response().closed();
    }

    /// With its head, if that was not written yet.
    HttpServerResponse response() {
        var response = exchange.request().response();
        if (!response.headWritten()) {
            exchange.answer(200);
            response.headers().set(HttpHeaders.CONTENT_TYPE, CONTENT_TYPE);
            response.headers().set(ACCEPT_ENCODING, ENCODINGS);
        }
        return response;
    }

    private static Buffer framed(MessageLite message) {
        int size = message.getSerializedSize();
        var bytes = new byte[Frames.HEAD_BYTES + size];
        bytes[1] = (byte) (size >> 24);
        bytes[2] = (byte) (size >> 16);
        bytes[3] = (byte) (size >> 8);
        bytes[4] = (byte) size;
        try {
            var out = CodedOutputStream.newInstance(bytes, Frames.HEAD_BYTES, size);
            message.writeTo(out);
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new IllegalStateException("a message of another size than it said. This is a bug.", e);
        }
        return BufferInternal.buffer(Unpooled.wrappedBuffer(bytes));
    }
}
