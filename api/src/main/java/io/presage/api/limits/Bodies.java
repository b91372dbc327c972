package io.presage.api.limits;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;

/// Lets bodies in: not larger than `bytesMax` each, not more than the budget together. A body that says its
/// length is refused before a byte of it is read. Called on the request's event loop, before any of its body
/// was handled.
public final class Bodies {
    private final long bytesMax;
    private final BodyBudget budget;

    public Bodies(long bytesMax, BodyBudget budget) {
        this.bytesMax = bytesMax;
        this.budget = budget;
    }

    /// A body on its way. Whoever gets the whole one closes it.
    public static final class Incoming {
        private final Promise<Body> promise = Promise.promise();
        private final Body body;

        private Incoming(Body body) {
            this.body = body;
        }

        /// Fails with a [ProblemException] (BODY_TOO_LARGE, OVERLOADED, or that of [#abort]), or when the
        /// connection breaks.
        public Future<Body> whole() {
            return promise.future();
        }

        /// Waits no longer. False when the body was whole already, or had failed.
        public boolean abort(Throwable cause) {
            boolean first = promise.tryFail(cause);
            if (first) {
                body.close();
            }
            return first;
        }
    }

    /// Begins to receive a body.
    /// @throws ProblemException BODY_TOO_LARGE, OVERLOADED: at once, when the length says so
    public Incoming receive(HttpServerRequest request) {
        long announced = announced(request);
        if (announced > bytesMax) {
            throw tooLarge();
        }
        if (announced > 0 && !budget.tryTake(announced)) {
            throw noRoom();
        }
        var body = new Body(budget, announced);
        var incoming = new Incoming(body);
        request.handler(piece -> {
            if (body.bytes() + piece.length() > bytesMax) {
                incoming.abort(tooLarge());
            } else if (!body.append(piece)) {
                incoming.abort(noRoom());
            }
        });
        request.endHandler(_ -> incoming.promise.tryComplete(body));
        request.exceptionHandler(incoming::abort);
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
        return incoming;
    }

    /// A body that was made here.
    /// @throws ProblemException BODY_TOO_LARGE, OVERLOADED
    public Body made(Buffer bytes) {
        return made(List.of(bytes));
    }

    /// The same in pieces.
    public Body made(List<Buffer> pieces) {
        var body = new Body(budget, 0);
        for (var piece : pieces) {
            add(body, piece);
        }
        return body;
    }

    /// Adds what came to a body that is received elsewhere, as a message of a stream. Closes it when it cannot.
    /// @throws ProblemException BODY_TOO_LARGE, OVERLOADED
    public void add(Body body, Buffer piece) {
        if (body.bytes() + piece.length() > bytesMax) {
            body.close();
            throw tooLarge();
        }
        if (!body.append(piece)) {
            body.close();
            throw noRoom();
        }
    }

    /// Of one body.
    public long bytesMax() {
        return bytesMax;
    }

    private static long announced(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length == null ? 0 : Long.parseLong(length);
    }

    private ProblemException tooLarge() {
        return new ProblemException(Problem.BODY_TOO_LARGE, "the body is larger than " + bytesMax + " bytes");
    }

    private ProblemException noRoom() {
        return ProblemException.retryAfter(
                Problem.OVERLOADED, "request bodies in flight fill their " + budget.bytesMax() + " bytes", 1);
    }
}
