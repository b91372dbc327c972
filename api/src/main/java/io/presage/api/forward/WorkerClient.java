package io.presage.api.forward;

import io.netty.buffer.ByteBuf;
import io.netty.util.AsciiString;
import io.presage.api.limits.Body;
import io.presage.api.replicas.Hold;
import io.presage.api.replicas.Replica;
import io.presage.contract.http.Headers;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One event loop's connections to all workers. Each call leaves on a connection of the same loop, so that an
/// answer never changes threads. It speaks HTTP/1.1 by itself, with Netty's decoder: see ADR 0025.
public final class WorkerClient {
    private static final Logger log = LoggerFactory.getLogger(WorkerClient.class);
    private static final AsciiString REQUEST_ID = AsciiString.cached(Headers.REQUEST_ID);
    private static final AsciiString TIMEOUT_MILLIS = AsciiString.cached(Headers.TIMEOUT_MILLIS);
    private static final AsciiString SERVICE_SECRET = AsciiString.cached(Headers.SERVICE_SECRET);

    /// Up to this size a body is sent in one piece with its head.
    private static final int JOINED_BYTES_MAX = 8192;

    private static final int HEAD_BYTES = 768;

    private final WorkerPool.Shared shared;
    private final IdentityHashMap<Replica, WorkerPool> pools = new IdentityHashMap<>();
    private final String serviceSecret;
    private final LongSupplier nanos;

    /// Call it on the event loop.
    public WorkerClient(Vertx vertx, ForwardProperties properties, String serviceSecret, LongSupplier nanos) {
        this.serviceSecret = serviceSecret;
        this.nanos = nanos;
        this.shared = new WorkerPool.Shared((ContextInternal) vertx.getOrCreateContext(), properties, nanos);
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
        var pool = pools.get(attempt.replica());
        if (pool == null) {
            pool = added(attempt.replica());
        }
        if (!pool.admit(new Sending(attempt, call, pool.authority()))) {
            attempt.crowded();
        }
    }

    /// Others that hold nothing any more are forgotten: workers come and go.
    private WorkerPool added(Replica replica) {
        pools.values().removeIf(WorkerPool::isEmpty);
        var pool = new WorkerPool(shared, replica.host(), replica.port());
        pools.put(replica, pool);
        return pool;
    }

    private final class Sending implements WorkerPool.Guest {
        private final WorkerCall attempt;
        private final Call call;
        private final String authority;

        Sending(WorkerCall attempt, Call call, String authority) {
            this.attempt = attempt;
            this.call = call;
            this.authority = authority;
        }

        @Override
        public boolean isOver() {
            return attempt.isOver();
        }

        @Override
        public void connected(WorkerConnection connection) {
            boolean isJoined = call.body().bytes() <= JOINED_BYTES_MAX;
            ByteBuf head;
            try {
                head = head(connection, isJoined);
            } catch (OutOfMemoryError | RuntimeException e) {
                // Thrown on, it would end in the event loop, and neither the call nor the connection would.
                log.warn("event=request-not-written cause={}", e.toString());
                connection.close();
                attempt.crowded();
                return;
            }
            attempt.sentOn(connection);
            connection.send(attempt, head, isJoined ? List.of() : call.body().pieces());
        }

        private ByteBuf head(WorkerConnection connection, boolean isJoined) {
            var head =
                    connection.buffer(HEAD_BYTES + (isJoined ? (int) call.body().bytes() : 0));
            boolean isWritten = false;
            try {
                write(head);
                if (isJoined) {
                    for (var piece : call.body().pieces()) {
                        var part = ((BufferInternal) piece).getByteBuf();
                        head.writeBytes(part, part.readerIndex(), part.readableBytes());
                    }
                }
                isWritten = true;
                return head;
            } finally {
                if (!isWritten) {
                    head.release();
                }
            }
        }

        @Override
        public void notConnected(Throwable cause) {
            attempt.notConnected(cause);
        }

        private void write(ByteBuf to) {
            var head = new RequestHead(to, call.method().name(), call.path())
                    .header(HttpHeaders.HOST, authority)
                    .copy(ForwardedHeaders.TO_WORKER, call.headers())
                    .header(REQUEST_ID, call.requestId())
                    .header(TIMEOUT_MILLIS, call.timeoutMillis())
                    .header(SERVICE_SECRET, serviceSecret);
            // Without a length, what follows the head would be read as another request.
            if (!HttpMethod.GET.equals(call.method()) || call.body().bytes() > 0) {
                head.header(HttpHeaders.CONTENT_LENGTH, call.body().bytes());
            }
            head.end();
        }
    }
}
