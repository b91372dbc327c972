package io.presage.api.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// One request and its answer. Lives on its connection's event loop. In HTTP/2 what ends a connection in HTTP/1
/// ends one stream of it.
public final class Exchange {
    private static final long DISCARDED_BYTES_MAX = 65_536;
    private static final long LINGER_MILLIS = 2000;
    private static final long NO_ERROR = 0;
    private static final long INTERNAL_ERROR = 2;
    private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized(Headers.REQUEST_ID);
    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");

    private final HttpServerRequest request;
    private final String requestId;
    private final long arrivedNanos;
    private final ErrorForm errors;
    private final boolean isHttp2;
    private final BooleanSupplier stopping;
    private final Lingering lingering;
    private final Consumer<Problem> refusals;

    Exchange(
            HttpServerRequest request,
            String requestId,
            long arrivedNanos,
            BooleanSupplier stopping,
            Lingering lingering,
            Consumer<Problem> refusals) {
        this.request = request;
        this.requestId = requestId;
        this.arrivedNanos = arrivedNanos;
        this.errors = ErrorForm.of(request.path());
        this.isHttp2 = request.version() == HttpVersion.HTTP_2;
        this.stopping = stopping;
        this.lingering = lingering;
        this.refusals = refusals;
    }

    public HttpServerRequest request() {
        return request;
    }

    public MultiMap headers() {
        return request.headers();
    }

    /// Chosen by the client or made here.
    public String requestId() {
        return requestId;
    }

    /// When its head had been read, on the clock of elapsed time.
    public long arrivedNanos() {
        return arrivedNanos;
    }

    /// The answer, with its request id and, when the server is stopping, `Connection: close` set already.
    public HttpServerResponse answer(int status) {
        var response = request.response();
        response.setStatusCode(status);
        response.headers().set(REQUEST_ID, requestId);
        if (isStopping()) {
            announceClose(response);
        }
        return response;
    }

    /// In HTTP/2 a connection's end is not announced in heads.
    public void announceClose(HttpServerResponse response) {
        if (!isHttp2) {
            response.headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
    }

    /// `json` is UTF-8 text.
    public void answerJson(int status, String json) {
        answerJson(status, Buffer.buffer(json));
    }

    public void answerJson(int status, Buffer json) {
        var response = answer(status);
        response.headers().set(HttpHeaders.CONTENT_TYPE, JSON);
        response.end(json);
    }

    /// Answers with an error. When an answer has begun already, all that is left is to break it off.
    public void refuse(ProblemException problem) {
        refuse(problem, reusable());
    }

    /// The same for a request whose end cannot be trusted: nothing after it is read as a request.
    void refuseForGood(ProblemException problem) {
        refuse(problem, false);
    }

    /// The same for an error that is answered in another protocol's form: only counted here.
    public void refusedAs(Problem problem) {
        refusals.accept(problem);
    }

    private void refuse(ProblemException problem, boolean reusable) {
        refusals.accept(problem.problem());
        if (request.response().headWritten()) {
            breakOff();
        } else if (!request.response().closed()) {
            write(problem, reusable);
        }
    }

    public boolean isHttp2() {
        return isHttp2;
    }

    /// The server is stopping: this is the last answer on its connection. Now, not when the request came.
    public boolean isStopping() {
        return stopping.getAsBoolean();
    }

    /// Whether its head announces a body.
    public boolean hasBody() {
        String length = headers().get(HttpHeaders.CONTENT_LENGTH);
        return length == null ? hasUnmeasuredBody() : !"0".equals(length);
    }

    /// Whether it has a body of unknown length. HTTP/2 has no word for that in its head: there a POST, PUT or
    /// PATCH
    /// without a length may have one.
    public boolean hasUnmeasuredBody() {
        if (!isHttp2) {
            return headers().contains(HttpHeaders.TRANSFER_ENCODING);
        }
        var method = request.method();
        return !headers().contains(HttpHeaders.CONTENT_LENGTH)
                && (method == HttpMethod.POST || method == HttpMethod.PUT || method == HttpMethod.PATCH);
    }

    /// For an answer with `Connection: close` that was given before the request's body had been read.
    public void closeLingering() {
        if (isHttp2) {
            stopBody();
        } else {
            lingering.close(request, LINGER_MILLIS);
        }
    }

    /// Tells an HTTP/2 client, after its answer, that the rest of its body is not wanted (RFC 9113, section 8.1).
    public void stopBody() {
        if (!request.isEnded()) {
            request.response().reset(NO_ERROR);
        }
    }

    /// Closes the connection, or resets the stream, so that nobody takes a part of an answer for the whole.
    public void breakOff() {
        if (isHttp2) {
            request.response().reset(INTERNAL_ERROR);
        } else {
            request.connection().close();
        }
    }

    private void write(ProblemException problem, boolean reusable) {
        var response = answer(problem.problem().status());
        var headers = response.headers();
        headers.set(HttpHeaders.CONTENT_TYPE, errors.contentType());
        if (problem.problem().retryable()) {
            headers.set(HttpHeaders.RETRY_AFTER, Integer.toString(Math.max(1, problem.retryAfterSeconds())));
        }
        if (problem.problem() == Problem.UNAUTHENTICATED) {
            headers.set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
        }
        if (!reusable) {
            announceClose(response);
        }
        var written = response.end(Buffer.buffer(errors.body(problem, requestId)));
        if (isHttp2) {
            written.onComplete(_ -> stopBody());
        } else if (reusable) {
            request.resume();
        } else {
            lingering.close(request, LINGER_MILLIS);
        }
    }

    /// Whether the rest of the request is short enough to be read and thrown away.
    private boolean reusable() {
        if (isStopping()
                || headers().contains(HttpHeaders.TRANSFER_ENCODING)
                || headers().contains(HttpHeaders.EXPECT)) {
            return false;
        }
        String length = headers().get(HttpHeaders.CONTENT_LENGTH);
        return length == null || Long.parseLong(length) <= DISCARDED_BYTES_MAX;
    }
}
