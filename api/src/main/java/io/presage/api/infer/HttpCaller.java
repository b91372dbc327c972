package io.presage.api.infer;

import io.presage.api.http.Exchange;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;

/// A client that speaks OIP over HTTP: it gets what the worker says. One event loop.
record HttpCaller(Exchange exchange) implements Caller {
    @Override
    public MultiMap headers() {
        return exchange.headers();
    }

    @Override
    public String requestId() {
        return exchange.requestId();
    }

    @Override
    public long arrivedNanos() {
        return exchange.arrivedNanos();
    }

    @Override
    public void note(CharSequence header, String value) {
        exchange.request().response().headers().set(header, value);
    }

    @Override
    public void whenGone(Runnable gone) {
        var response = exchange.request().response();
        response.closeHandler(_ -> gone.run());
        response.exceptionHandler(_ -> gone.run());
    }

    @Override
    public void answered(AnswerHead head, Buffer body) {
        response(head).end(body);
    }

    @Override
    public Optional<HttpServerResponse> stream(AnswerHead head) {
        return Optional.of(response(head));
    }

    private HttpServerResponse response(AnswerHead head) {
        var response = exchange.answer(head.status());
        head.copyTo(response.headers());
        return response;
    }

    @Override
    public void refuse(ProblemException problem) {
        exchange.refuse(problem);
    }

    @Override
    public void breakOff() {
        exchange.breakOff();
    }
}
