package io.presage.api.http;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.net.impl.ShutdownEvent;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Closes a connection that takes its time: with a head (however steadily it drips), inside a body, with taking
/// its answer, or between requests. Vert.x has one idle timeout for all of these, which would also cut off a
/// client that waits for a slow model; here nothing runs out while it is the gateway's turn.
///
/// It looks from two places of the pipeline: before the decoder, where bytes are seen, and behind the encoder,
/// where messages are. One timer a connection, not one a request. All state belongs to the connection's event
/// loop.
final class ConnectionGuard extends ChannelDuplexHandler {
    private final HttpProperties properties;
    private final LongSupplier nanos;

    private long lastBytesNanos;
    private long headSinceNanos;
    private boolean headBegun;
    private boolean bodyExpected;
    private int unanswered;
    private boolean backedUp;
    private long backedUpSinceNanos;
    private @Nullable ScheduledFuture<?> tick;

    private ConnectionGuard(HttpProperties properties, LongSupplier nanos) {
        this.properties = properties;
        this.nanos = nanos;
    }

    /// `pipeline` is that of a new HTTP/1 connection of Vert.x. Where an upgrade was possible its first head is
    /// just being passed on by `h2c`.
    static void install(ChannelPipeline pipeline, HttpProperties properties, LongSupplier nanos) {
        var guard = new ConnectionGuard(properties, nanos);
        pipeline.addBefore("httpDecoder", "presage-bytes", guard.new Bytes());
        pipeline.addAfter(pipeline.get("h2c") == null ? "httpEncoder" : "h2c", "presage-guard", guard);
    }

    private final class Bytes extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            lastBytesNanos = nanos.getAsLong();
            if (!bodyExpected && !headBegun) {
                headBegun = true;
                headSinceNanos = lastBytesNanos;
            }
            context.fireChannelRead(message);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        lastBytesNanos = nanos.getAsLong();
        long shortestMillis = Math.min(
                properties.headerTimeout().toMillis(),
                Math.min(
                        properties.bodyTimeout().toMillis(),
                        properties.idleTimeout().toMillis()));
        long periodMillis = Math.clamp(shortestMillis / 4, 25, 2500);
        tick = context.executor()
                .scheduleWithFixedDelay(() -> check(context), periodMillis, periodMillis, TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        cancel();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        cancel();
        context.fireChannelInactive();
    }

    private void cancel() {
        if (tick != null) {
            tick.cancel(false);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest) {
            headBegun = false;
            bodyExpected = true;
            unanswered++;
        }
        if (message instanceof LastHttpContent) {
            bodyExpected = false;
        }
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof LastHttpContent && !interim(message)) {
            unanswered--;
            lastBytesNanos = nanos.getAsLong();
            headSinceNanos = lastBytesNanos;
        }
        var _ = context.write(message, promise);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        backedUp = !context.channel().isWritable();
        backedUpSinceNanos = nanos.getAsLong();
        context.fireChannelWritabilityChanged();
    }

    /// The server stops. Vert.x would close this connection now, or right after the answer that is on its way, and
    /// lose the request that its client may be sending at that moment (RFC 9112, section 9.6). So it hears of the
    /// stop a little later, when the client has been told by an answer, or has sent nothing for as long.
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        long lingerMillis = properties.stopLingerMillis();
        if (event instanceof ShutdownEvent && lingerMillis > 0) {
            var _ = context.executor()
                    .schedule(() -> context.fireUserEventTriggered(event), lingerMillis, TimeUnit.MILLISECONDS);
        } else {
            context.fireUserEventTriggered(event);
        }
    }

    private void check(ChannelHandlerContext context) {
        long now = nanos.getAsLong();
        boolean slowHead = headBegun
                && unanswered <= 0
                && now - headSinceNanos > properties.headerTimeout().toNanos();
        boolean slowBody = bodyExpected
                && context.channel().config().isAutoRead()
                && now - lastBytesNanos > properties.bodyTimeout().toNanos();
        boolean slowReader =
                backedUp && now - backedUpSinceNanos > properties.bodyTimeout().toNanos();
        boolean idle = !headBegun
                && !bodyExpected
                && unanswered <= 0
                && now - lastBytesNanos > properties.idleTimeout().toNanos();
        if (slowHead || slowBody || slowReader || idle) {
            var _ = context.close();
        }
    }

    /// `100 Continue` is written as a whole response, too.
    private static boolean interim(Object message) {
        return message instanceof HttpResponse response && response.status().code() < 200;
    }
}
