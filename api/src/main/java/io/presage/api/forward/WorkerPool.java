package io.presage.api.forward;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.vertx.core.http.impl.headers.HeadersMultiMap;
import io.vertx.core.internal.ContextInternal;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One event loop's connections to one worker, and the calls that wait for one, in the order they came. A call is
/// given the connection that was used last, so that those too many grow old and are closed. One event loop.
final class WorkerPool {
    /// A worker's answers have few headers; more than this is none.
    private static final int HEADER_BYTES_MAX = 16_384;

    private static final int CHUNK_BYTES_MAX = 65_536;

    private static final HttpHeadersFactory HEADERS = new HttpHeadersFactory() {
        @Override
        public HttpHeaders newHeaders() {
            return HeadersMultiMap.httpHeaders();
        }

        @Override
        public HttpHeaders newEmptyHeaders() {
            return HeadersMultiMap.httpHeaders();
        }
    };

    /// What the pools of one event loop share.
    record Shared(ContextInternal context, ForwardProperties properties, LongSupplier nanos) {}

    /// A call that can be sent.
    interface Guest {
        /// Nobody waits for it any more.
        boolean isOver();

        void connected(WorkerConnection connection);

        void notConnected(Throwable cause);
    }

    private final Shared shared;
    private final String host;
    private final int port;
    private final String authority;
    private final ArrayDeque<WorkerConnection> idle = new ArrayDeque<>();
    private final ArrayDeque<Guest> waiting = new ArrayDeque<>();
    private int open;
    private int connecting;
    private boolean isSweeping;

    WorkerPool(Shared shared, String host, int port) {
        this.shared = shared;
        this.host = host;
        this.port = port;
        // An IPv6 address stands in brackets (RFC 3986, section 3.2.2).
        this.authority = (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /// What the `Host` header says.
    String authority() {
        return authority;
    }

    /// Gives `guest` a connection, now or when there is one. False when as many wait as may.
    boolean admit(Guest guest) {
        for (var last = idle.pollLast(); last != null; last = idle.pollLast()) {
            if (last.isUsable()) {
                guest.connected(last);
                return true;
            }
        }
        boolean isFull = open >= shared.properties().connectionsMax();
        if (isFull && waiting.size() - connecting >= shared.properties().waitingMax()) {
            waiting.removeIf(Guest::isOver);
            if (waiting.size() - connecting >= shared.properties().waitingMax()) {
                return false;
            }
        }
        waiting.add(guest);
        if (!isFull) {
            connect();
        }
        return true;
    }

    private void connect() {
        open++;
        connecting++;
        var connection = new WorkerConnection(this, shared.context());
        var loop = shared.context().nettyEventLoop();
        var _ = new Bootstrap()
                .group(loop)
                .resolver(shared.context().owner().nameResolver().nettyAddressResolverGroup())
                .channelFactory(shared.context().owner().transport().channelFactory(false))
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        shared.properties().connectTimeout().toMillis())
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(decoder(), connection);
                    }
                })
                .connect(InetSocketAddress.createUnresolved(host, port))
                .addListener((ChannelFuture future) -> {
                    if (loop.inEventLoop()) {
                        connected(connection, future.cause());
                    } else {
                        // There was no channel to be had, so it has no loop: the process is out of files, say.
                        loop.execute(() -> connected(connection, future.cause()));
                    }
                });
    }

    private void connected(WorkerConnection connection, @Nullable Throwable cause) {
        connecting--;
        if (cause == null) {
            free(connection);
        } else {
            refused(cause);
        }
    }

    private static HttpResponseDecoder decoder() {
        return new HttpResponseDecoder(new HttpDecoderConfig()
                .setHeadersFactory(HEADERS)
                .setTrailersFactory(HEADERS)
                .setMaxHeaderSize(HEADER_BYTES_MAX)
                .setMaxChunkSize(CHUNK_BYTES_MAX));
    }

    /// No connection was made: so much for the call that has waited longest.
    private void refused(Throwable cause) {
        open--;
        var eldest = next();
        connectForWaiting();
        if (eldest != null) {
            var previous = shared.context().beginDispatch();
            try {
                eldest.notConnected(cause);
            } finally {
                shared.context().endDispatch(previous);
            }
        }
    }

    private @Nullable Guest next() {
        for (var guest = waiting.poll(); guest != null; guest = waiting.poll()) {
            if (!guest.isOver()) {
                return guest;
            }
        }
        return null;
    }

    /// Those that wait had hoped for a connection that is not: nobody else would make one for them.
    private void connectForWaiting() {
        if (waiting.size() > connecting) {
            waiting.removeIf(Guest::isOver);
            while (open < shared.properties().connectionsMax() && waiting.size() > connecting) {
                connect();
            }
        }
    }

    /// The connection has no call on it.
    void free(WorkerConnection connection) {
        if (!connection.isUsable()) {
            connectForWaiting();
            return;
        }
        var guest = next();
        if (guest == null) {
            connection.idle(shared.nanos().getAsLong());
            idle.addLast(connection);
            sweepLater();
            return;
        }
        var previous = shared.context().beginDispatch();
        try {
            guest.connected(connection);
        } finally {
            shared.context().endDispatch(previous);
        }
    }

    /// The connection is closed.
    void gone(WorkerConnection connection) {
        open--;
        idle.remove(connection);
        connectForWaiting();
    }

    private void sweepLater() {
        if (!isSweeping) {
            isSweeping = true;
            var _ = shared.context().nettyEventLoop().schedule(this::sweep, ttlNanos() / 2, TimeUnit.NANOSECONDS);
        }
    }

    private long ttlNanos() {
        return shared.properties().idleConnectionTtl().toNanos();
    }

    /// The eldest stand first.
    private void sweep() {
        isSweeping = false;
        long now = shared.nanos().getAsLong();
        for (var eldest = idle.peekFirst();
                eldest != null && now - eldest.idleSinceNanos() >= ttlNanos();
                eldest = idle.peekFirst()) {
            idle.removeFirst();
            eldest.close();
        }
        if (!idle.isEmpty()) {
            sweepLater();
        }
    }

    /// Holds nothing: it can be forgotten.
    boolean isEmpty() {
        return open == 0 && waiting.isEmpty();
    }
}
