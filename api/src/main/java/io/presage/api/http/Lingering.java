package io.presage.api.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;

/// Closes connections whose clients may still be sending. Closed at once, with bytes unread, the kernel would
/// reset the connection, and the client might never see the answer that says why (RFC 9112, section 9.6). So
/// what comes is thrown away for a while first. One per event loop.
final class Lingering {
    private final Vertx vertx;

    Lingering(Vertx vertx) {
        this.vertx = vertx;
    }

    /// The answer to `request` was written, with `Connection: close`.
    void close(HttpServerRequest request, long millisMax) {
        var connection = request.connection();
        if (request.isEnded()) {
            connection.close();
            return;
        }
        long timer = vertx.setTimer(millisMax, _ -> connection.close());
        request.handler(_ -> {});
        request.exceptionHandler(_ -> {});
        request.endHandler(_ -> {
            vertx.cancelTimer(timer);
            connection.close();
        });
        request.resume();
    }
}
