package io.presage.api.forward;

import io.netty.util.AsciiString;
import io.presage.api.limits.Body;
import io.presage.api.replicas.Hold;
import io.presage.api.replicas.Replica;
import io.presage.contract.http.Headers;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/// One event loop's connections to all workers. Each call leaves on a connection of the same loop, so that an
/// answer never changes threads.
public final class WorkerClient {
    private static final AsciiString REQUEST_ID = AsciiString.cached(Headers.REQUEST_ID);
    private static final AsciiString TIMEOUT_MILLIS = AsciiString.cached(Headers.TIMEOUT_MILLIS);
    private static final AsciiString SERVICE_SECRET = AsciiString.cached(Headers.SERVICE_SECRET);

    private final HttpClient client;
    private final String serviceSecret;
    private final LongSupplier nanos;

    /// Call it on the event loop.
    public WorkerClient(Vertx vertx, ForwardProperties properties, String serviceSecret, LongSupplier nanos) {
        this.serviceSecret = serviceSecret;
        this.nanos = nanos;
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

    /// What is to be sent.
    ///
    /// @param headers the client's; only those of [ForwardedHeaders] are taken
    /// @param timeoutMillis what is left of the deadline
    public record Call(
            HttpMethod method, String path, MultiMap headers, String requestId, long timeoutMillis, Body body) {}

    /// An attempt at `replica`, on which the caller has the `hold`. Once it is sent, `done` hears of its
    /// outcome exactly once, unless it is abandoned first.
    public WorkerCall attempt(Replica replica, Hold hold, BiConsumer<WorkerCall, Outcome> done) {
        return new WorkerCall(replica, hold, nanos, done);
    }

    public void send(WorkerCall attempt, Call call) {
        client.request(new RequestOptions()
                        .setMethod(call.method())
                        .setHost(attempt.replica().host())
                        .setPort(attempt.replica().port())
                        .setURI(call.path()))
                .onComplete(
                        request -> {
                            if (attempt.connected(request)) {
                                write(request, call, attempt);
                            }
                        },
                        attempt::notConnected);
    }

    private void write(HttpClientRequest request, Call call, WorkerCall attempt) {
        var headers = request.headers();
        ForwardedHeaders.copy(ForwardedHeaders.TO_WORKER, call.headers(), headers);
        headers.set(REQUEST_ID, call.requestId());
        headers.set(TIMEOUT_MILLIS, Long.toString(call.timeoutMillis()));
        headers.set(SERVICE_SECRET, serviceSecret);
        request.response().onComplete(response -> attempt.answered(response.pause()), attempt::broken);
        var pieces = call.body().pieces();
        if (pieces.size() <= 1) {
            request.end(pieces.isEmpty() ? Buffer.buffer() : pieces.getFirst());
        } else {
            headers.set(HttpHeaders.CONTENT_LENGTH, Long.toString(call.body().bytes()));
            for (var piece : pieces) {
                request.write(piece);
            }
            request.end();
        }
    }
}
