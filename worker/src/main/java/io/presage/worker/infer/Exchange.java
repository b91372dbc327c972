package io.presage.worker.infer;

import io.presage.contract.problem.ProblemException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/// One request and its one answer, on the event loop of its connection.
final class Exchange {
    /// How long a client that is still sending has to read a refusal before the connection goes.
    private static final long LINGER_MILLIS = 500;

    private final LoopHandler loop;
    private final HttpServerRequest request;
    private final RequestHead head;
    private final ConnectionGuard.@Nullable State connection;
    private final long arrivalNanos;
    private Form form = Form.OIP;
    private boolean answered;
    private boolean closeAfter;

    Exchange(
            LoopHandler loop,
            HttpServerRequest request,
            RequestHead head,
            ConnectionGuard.@Nullable State connection,
            long arrivalNanos) {
        this.loop = loop;
        this.request = request;
        this.head = head;
        this.connection = connection;
        this.arrivalNanos = arrivalNanos;
    }

    HttpServerRequest request() {
        return request;
    }

    RequestHead head() {
        return head;
    }

    long arrivalNanos() {
        return arrivalNanos;
    }

    /// In which its answer is written, a refusal too.
    Form form() {
        return form;
    }

    void speaks(Form spoken) {
        form = spoken;
    }

    /// The connection goes once the answer is out: its framing, or the rest of its body, is not to be read.
    void closeAfter() {
        closeAfter = true;
    }

    /// What to do when the body takes too long, instead of what was said at first.
    void onBodyLate(Runnable action) {
        if (connection != null) {
            loop.guard().onBodyLate(connection, action);
        }
    }

    /// The body is read only now.
    void bodyAwaited() {
        if (connection != null) {
            loop.guard().bodyAwaited(connection, loop.now());
        }
    }

    void bodyArrived() {
        if (connection != null) {
            loop.guard().bodyArrived(connection);
        }
    }

    void fail(ProblemException e) {
        loop.shared().shed().count(e.problem());
        send(Reply.of(e, form.error(e, requestId())));
    }

    String requestId() {
        var id = head.requestId();
        return id == null ? loop.nextRequestId() : id;
    }

    /// The first answer counts; a connection that is gone takes none.
    void send(Reply reply) {
        var response = request.response();
        if (answered || response.ended() || response.closed()) {
            return;
        }
        answered = true;
        write(response, reply);
    }

    private void write(HttpServerResponse response, Reply reply) {
        if (reply.status() != 200) {
            response.setStatusCode(reply.status());
        }
        var headers = response.headers();
        headers.set(HttpHeaders.CONTENT_TYPE, reply.jsonLength() < 0 ? Reply.JSON : Reply.OCTETS);
        if (reply.jsonLength() >= 0) {
            headers.set(Reply.JSON_LENGTH, Integer.toString(reply.jsonLength()));
        }
        if (reply.coding() != ContentCoding.IDENTITY) {
            headers.set(HttpHeaders.CONTENT_ENCODING, reply.coding().header());
            headers.set(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
        }
        if (reply.modelVersion() != null) {
            headers.set(Reply.MODEL_VERSION, reply.modelVersion());
        }
        if (reply.rows() > 0) {
            headers.set(Reply.ROWS, Integer.toString(reply.rows()));
        }
        if (reply.tokens() > 0) {
            headers.set(Reply.TOKENS, Long.toString(reply.tokens()));
        }
        var id = head.requestId();
        if (id != null) {
            headers.set(Reply.REQUEST_ID, id);
        }
        if (reply.problem() != null) {
            headers.set(Reply.PROBLEM_CODE, reply.problem().name());
        }
        if (reply.retryAfterSeconds() > 0) {
            headers.set(HttpHeaders.RETRY_AFTER, Integer.toString(reply.retryAfterSeconds()));
        }
        if (reply.allow() != null) {
            headers.set(HttpHeaders.ALLOW, reply.allow());
        }
        long bytes = reply.body().length();
        if (connection == null) {
            response.end(reply.body());
            return;
        }
        loop.guard().answering(connection, bytes, loop.now());
        var sent = response.end(reply.body());
        var state = connection;
        sent.onComplete(_ -> loop.guard().answered(state, bytes, loop.now()));
        if (closeAfter) {
            loop.closeLater(request.connection(), LINGER_MILLIS);
        }
    }
}
