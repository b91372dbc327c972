package io.presage.api.forward;

import io.presage.api.http.Exchange;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.net.URI;

/// Passes `/api/v1` on to the registry: bodies stream in both directions, no faster than the slower side takes
/// them, and have no size limit here. Nothing is retried: the gateway cannot know whether a change was made.
/// One per event loop.
public final class RegistryProxy {
    private final HttpClient client;
    private final String host;
    private final int port;
    private final boolean tls;
    private final long silenceMillis;

    /// `registryUrl`: `http://host:port`, without a path. Call it on the event loop.
    public RegistryProxy(Vertx vertx, URI registryUrl, RegistryProperties properties) {
        this.host = registryUrl.getHost();
        this.tls = "https".equals(registryUrl.getScheme());
        this.port = registryUrl.getPort() != -1 ? registryUrl.getPort() : tls ? 443 : 80;
        this.silenceMillis = properties.silenceTimeout().toMillis();
        this.client = vertx.createHttpClient(
                new HttpClientOptions()
                        .setConnectTimeout((int) properties.connectTimeout().toMillis())
                        .setKeepAliveTimeout(
                                (int) properties.idleConnectionTtl().toSeconds())
                        .setMaxChunkSize(65_536)
                        .setTcpNoDelay(true),
                new PoolOptions()
                        .setHttp1MaxSize(properties.connectionsMax())
                        .setMaxWaitQueueSize(properties.waitingMax()));
    }

    /// `path` was checked by [ControlPath].
    public void pass(Exchange exchange, String path) {
        var from = exchange.request();
        from.pause();
        String query = from.query();
        client.request(new RequestOptions()
                        .setMethod(from.method())
                        .setHost(host)
                        .setPort(port)
                        .setSsl(tls)
                        .setURI(query == null ? path : path + "?" + query)
                        .setIdleTimeout(silenceMillis))
                .onComplete(to -> send(exchange, to), cause -> exchange.refuse(unreachable(cause)));
    }

    private static void send(Exchange exchange, HttpClientRequest to) {
        to.exceptionHandler(_ -> {});
        var from = exchange.request();
        if (from.response().closed()) {
            to.reset();
            return;
        }
        from.response().closeHandler(_ -> to.reset());
        ForwardedHeaders.copy(ForwardedHeaders.TO_REGISTRY, exchange.headers(), to.headers());
        to.putHeader(Headers.REQUEST_ID, exchange.requestId());
        to.response().onComplete(response -> answer(exchange, response), cause -> brokeOff(exchange, cause));
        String length = exchange.headers().get(HttpHeaders.CONTENT_LENGTH);
        if (length != null) {
            to.headers().set(HttpHeaders.CONTENT_LENGTH, length);
        } else if (exchange.hasUnmeasuredBody()) {
            to.setChunked(true);
        } else {
            from.resume();
            to.end();
            return;
        }
        if (exchange.headers().contains(HttpHeaders.EXPECT)) {
            from.response().writeContinue();
        }
        from.pipeTo(to).onFailure(_ -> to.reset());
    }

    private static void answer(Exchange exchange, HttpClientResponse from) {
        var to = exchange.answer(from.statusCode());
        ForwardedHeaders.copy(ForwardedHeaders.FROM_REGISTRY, from.headers(), to.headers());
        boolean bodyLeft = !exchange.request().isEnded() && exchange.hasBody();
        if (bodyLeft) {
            // Answered before it was read to its end: refused, most likely. What follows is not a request.
            exchange.announceClose(to);
        }
        String length = from.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null) {
            to.headers().set(HttpHeaders.CONTENT_LENGTH, length);
        } else if (from.statusCode() != 204 && from.statusCode() != 304) {
            to.setChunked(true);
        }
        from.pipeTo(to)
                .onComplete(
                        _ -> {
                            if (bodyLeft) {
                                exchange.closeLingering();
                            }
                        },
                        _ -> exchange.breakOff());
    }

    private static void brokeOff(Exchange exchange, Throwable cause) {
        if (exchange.request().response().closed()) {
            return;
        }
        exchange.refuse(ProblemException.retryAfter(
                Problem.REGISTRY_UNAVAILABLE,
                "the registry broke off before it answered; whether it did what was asked is not known: "
                        + cause.getMessage(),
                2));
    }

    private static ProblemException unreachable(Throwable cause) {
        return ProblemException.retryAfter(
                Problem.REGISTRY_UNAVAILABLE, "the registry cannot be reached: " + cause.getMessage(), 2);
    }
}
