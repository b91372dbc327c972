package io.presage.api.http;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One event loop's share of the public port: checks each head, makes the [Exchange], hands it to the
/// application, and turns whatever that throws into an answer.
final class PublicLoop extends VerticleBase {
    private static final Logger log = LoggerFactory.getLogger(PublicLoop.class);

    /// What a client may send of one call, and of all calls of a connection, before any of it was taken.
    private static final int STREAM_WINDOW_BYTES = 262_144;

    private static final int CONNECTION_WINDOW_BYTES = 1_048_576;

    /// Calls that one connection may give up (CVE-2023-44487); Vert.x's own 200 in 30 s would cut off a busy
    /// client whose deadlines pass.
    private static final int RESETS_MAX = 2000;

    private static final int RESETS_WINDOW_SECONDS = 10;

    /// Within this long all loops have stopped to listen.
    private static final long PORT_CLOSED_MILLIS = 50;

    /// What all loops have in common.
    ///
    /// @param refusals told of every error that the gateway answers
    record Shared(HttpProperties properties, Application application, Consumer<Problem> refusals, LongSupplier nanos) {}

    /// Makes the handler of one event loop; called on it, with chance of its own.
    interface Application extends BiFunction<Vertx, RandomGenerator, Handler<Exchange>> {}

    private final Shared shared;
    private final @Nullable TlsIdentity identity;
    private final RandomGenerator random;
    private final RequestIds requestIds;
    private volatile @Nullable HttpServer server;
    private volatile boolean stopping;

    /// Speaks TLS with `identity`, in clear without.
    PublicLoop(Shared shared, @Nullable TlsIdentity identity, RandomGenerator random) {
        this.shared = shared;
        this.identity = identity;
        this.random = random;
        this.requestIds = new RequestIds(random);
    }

    @Override
    public Future<?> start() {
        var application = shared.application().apply(vertx, random);
        var lingering = new Lingering(vertx);
        var listening = vertx.createHttpServer(options(shared.properties(), identity))
                .connectionHandler(this::guard)
                .invalidRequestHandler(request -> exchange(request, lingering).refuseForGood(undecodable(request)))
                .requestHandler(request -> serve(exchange(request, lingering), application));
        server = listening;
        return listening.listen();
    }

    private static HttpServerOptions options(HttpProperties properties, @Nullable TlsIdentity identity) {
        var options = new HttpServerOptions()
                .setHost(properties.host())
                // Negative: any free port, the same for all loops.
                .setPort(properties.port() == 0 ? -1 : properties.port())
                .setMaxInitialLineLength((int) properties.requestLineBytesMax().toBytes())
                .setMaxHeaderSize((int) properties.headerBytesMax().toBytes())
                .setMaxChunkSize(65_536)
                .setAcceptBacklog(1024)
                .setTcpNoDelay(true)
                // There are no web sockets here: their handlers would only stand in each call's way.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setStrictThreadMode(true)
                // Until its first head a connection has no guard: all that it is given is this, see [#guard].
                .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
                .setWriteIdleTimeout((int) properties.headerTimeout().toMillis())
                .setHttp2ClearTextEnabled(true)
                .setHttp2ConnectionWindowSize(CONNECTION_WINDOW_BYTES)
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(properties.streamsMax())
                        .setMaxHeaderListSize(properties.headerBytesMax().toBytes())
                        .setInitialWindowSize(STREAM_WINDOW_BYTES))
                .setHttp2RstFloodMaxRstFramePerWindow(RESETS_MAX)
                .setHttp2RstFloodWindowDuration(RESETS_WINDOW_SECONDS)
                .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS);
        return identity == null
                ? options
                : options.setSsl(true).setUseAlpn(true).setKeyCertOptions(identity.options());
    }

    /// Connections that come from now on get this certificate; those that are open go on. Any thread; for all
    /// loops
    /// of the port.
    Future<?> use(TlsIdentity next) {
        var listening = server;
        return listening == null
                ? Future.failedFuture("the port is not open")
                : listening.updateSSLOptions(
                        new ServerSSLOptions().setUseAlpn(true).setKeyCertOptions(next.options()));
    }

    /// Called when the protocol of a connection is known: with the first head of HTTP/1, or the settings of
    /// HTTP/2. The timer that ran so far, from when the server last wrote, so that no drip holds it off, goes.
    private void guard(HttpConnection connection) {
        var pipeline = ((ConnectionBase) connection).channelHandlerContext().pipeline();
        if (pipeline.get("idle") != null) {
            pipeline.remove("idle");
        }
        var http2 = pipeline.get(Http2ConnectionHandler.class);
        if (http2 == null) {
            ConnectionGuard.install(pipeline, shared.properties(), shared.nanos());
        } else {
            Http2Guard.install(pipeline, http2, shared.properties(), shared.nanos());
        }
    }

    private Exchange exchange(HttpServerRequest request, Lingering lingering) {
        return new Exchange(
                request,
                requestIds.of(request.headers()),
                shared.nanos().getAsLong(),
                () -> stopping,
                lingering,
                shared.refusals());
    }

    private void serve(Exchange exchange, Handler<Exchange> application) {
        try {
            var broken = HeadRules.broken(exchange.request());
            if (broken.isPresent()) {
                exchange.refuseForGood(broken.get());
                return;
            }
            application.handle(exchange);
        } catch (ProblemException e) {
            exchange.refuse(e);
        } catch (RuntimeException e) {
            log.error("event=bug request_id={}", exchange.requestId(), e);
            exchange.refuse(new ProblemException(Problem.INTERNAL, "an unexpected error; the log has its cause", e));
        }
    }

    private static ProblemException undecodable(HttpServerRequest request) {
        var cause = request.decoderResult().cause();
        return switch (cause) {
            case TooLongHttpLineException _ ->
                new ProblemException(Problem.HEADERS_TOO_LARGE, "the request line is too long");
            case TooLongHttpHeaderException _ ->
                new ProblemException(Problem.HEADERS_TOO_LARGE, "the headers are too large");
            default -> new ProblemException(Problem.INVALID_REQUEST, "the head of the request is not HTTP/1.1");
        };
    }

    int port() {
        return server == null ? -1 : server.actualPort();
    }

    /// Takes no new connections, and lets the present ones go: told by their next answer, or after the linger.
    Future<Void> shutDown() {
        if (server == null) {
            return Future.succeededFuture();
        }
        if (shared.properties().stopLingerMillis() == 0) {
            stopping = true;
        } else {
            // Who is told to close connects anew: by then no loop may take connections any more.
            vertx.setTimer(PORT_CLOSED_MILLIS, _ -> stopping = true);
        }
        return server.shutdown(shared.properties().stopTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }
}
