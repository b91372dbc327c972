package io.presage.api.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// [ConnectionGuard] for HTTP/2. A connection is closed for taking its time with a head, for not reading, or for
/// being idle; a single call on it is reset for a silence inside its body, or for not taking its answer. Nothing
/// runs out while it is the gateway's turn. Frames that carry no call have a [FrameBudget]; Netty itself bounds
/// resets, empty frames, concurrent streams, headers, and acknowledgements that are not read.
///
/// A call whose answer has begun while its client may still send (a stream in both directions) is bounded by who
/// answers it. All state belongs to the connection's event loop; one timer a connection.
final class Http2Guard extends ChannelInboundHandlerAdapter {
    /// A client that takes less than this in `body-timeout` does not take its answer.
    private static final long TAKEN_BYTES_MIN = 16_384;

    private static final int FLUSHES_MAX = 256;

    private final HttpProperties properties;
    private final LongSupplier nanos;
    private final Http2ConnectionHandler http2;
    private final Http2Connection.PropertyKey progressKey;
    private final FrameBudget frames;

    private long lastBytesNanos;
    private boolean frameBegun;
    private long frameSinceNanos;
    private boolean backedUp;
    private long backedUpSinceNanos;
    private long connectionCredit;
    private @Nullable ScheduledFuture<?> tick;

    /// What one call did last.
    private static final class Progress {
        private long lastDataNanos;
        private boolean stalled;
        private long stalledSinceNanos;
        private long credit;

        private Progress(long nowNanos) {
            this.lastDataNanos = nowNanos;
        }
    }

    private Http2Guard(Http2ConnectionHandler http2, HttpProperties properties, LongSupplier nanos) {
        this.http2 = http2;
        this.properties = properties;
        this.nanos = nanos;
        this.progressKey = http2.connection().newKey();
        this.lastBytesNanos = nanos.getAsLong();
        this.frames = new FrameBudget(lastBytesNanos);
    }

    /// `pipeline` is that of a connection whose settings Vert.x has just read. Answers of one turn of the event
    /// loop leave in one write.
    static void install(
            ChannelPipeline pipeline, Http2ConnectionHandler http2, HttpProperties properties, LongSupplier nanos) {
        var guard = new Http2Guard(http2, properties, nanos);
        String name = pipeline.context(http2).name();
        pipeline.addBefore(name, "presage-flush", new FlushConsolidationHandler(FLUSHES_MAX, true));
        pipeline.addBefore(name, "presage-guard", guard);
        http2.decoder().frameListener(guard.new Frames(http2.decoder().frameListener()));
        http2.connection().addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                guard.lastBytesNanos = nanos.getAsLong();
            }
        });
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
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

    /// The decoder runs within this call: a frame that it completes is heard of by [Frames].
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        lastBytesNanos = nanos.getAsLong();
        if (!frameBegun) {
            frameBegun = true;
            frameSinceNanos = lastBytesNanos;
        }
        context.fireChannelRead(message);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        backedUp = !context.channel().isWritable();
        backedUpSinceNanos = nanos.getAsLong();
        if (!backedUp) {
            // Some 32 KiB of what had piled up went out: the client takes what its windows allowed before.
            connectionCredit += TAKEN_BYTES_MIN;
        }
        context.fireChannelWritabilityChanged();
    }

    private void check(ChannelHandlerContext context) {
        long now = nanos.getAsLong();
        boolean quiet = http2.connection().numActiveStreams() == 0;
        boolean slowHead = quiet
                && frameBegun
                && now - frameSinceNanos > properties.headerTimeout().toNanos();
        boolean slowReader =
                backedUp && now - backedUpSinceNanos > properties.bodyTimeout().toNanos();
        boolean idle = quiet && now - lastBytesNanos > properties.idleTimeout().toNanos();
        if (slowHead || slowReader || idle) {
            var _ = context.channel().close();
        } else if (!quiet) {
            slowStreams(now)
                    .forEach(stream -> http2.resetStream(
                            http2ContextOf(context), stream.id(), Http2Error.CANCEL.code(), context.newPromise()));
            context.channel().flush();
            connectionCredit = 0;
        }
    }

    private ChannelHandlerContext http2ContextOf(ChannelHandlerContext context) {
        return context.pipeline().context(http2);
    }

    private List<Http2Stream> slowStreams(long now) {
        List<Http2Stream> slow = new ArrayList<>();
        try {
            http2.connection().forEachActiveStream(stream -> {
                if (isSlow(stream, now)) {
                    slow.add(stream);
                }
                return true;
            });
        } catch (Http2Exception e) {
            throw new IllegalStateException("a visitor that throws nothing threw. This is a bug.", e);
        }
        return slow;
    }

    private boolean isSlow(Http2Stream stream, long now) {
        var progress = progress(stream);
        long patienceNanos = properties.bodyTimeout().toNanos();
        boolean theirTurn = stream.state().remoteSideOpen()
                && http2.decoder().flowController().unconsumedBytes(stream) == 0
                && (!stream.isHeadersSent() || stream.state() == Http2Stream.State.HALF_CLOSED_LOCAL);
        if (theirTurn && now - progress.lastDataNanos > patienceNanos) {
            return true;
        }
        var flow = http2.encoder().flowController();
        if (!flow.hasFlowControlled(stream)) {
            progress.stalled = false;
            return false;
        }
        if (flow.windowSize(stream) > 0) {
            // It waits for what all calls share. One whose own window is shut gets nothing of that: else one answer
            // that is read would keep any number that are not.
            progress.credit += connectionCredit;
        }
        if (!progress.stalled || progress.credit >= TAKEN_BYTES_MIN) {
            progress.stalled = true;
            progress.stalledSinceNanos = now;
            progress.credit = 0;
        }
        return now - progress.stalledSinceNanos > patienceNanos;
    }

    private Progress progress(Http2Stream stream) {
        Progress known = stream.getProperty(progressKey);
        if (known != null) {
            return known;
        }
        var first = new Progress(nanos.getAsLong());
        stream.setProperty(progressKey, first);
        return first;
    }

    /// Hears of each whole frame, before Vert.x does.
    private final class Frames extends Http2FrameListenerDecorator {
        private Frames(Http2FrameListener next) {
            super(next);
        }

        private void ofCall(int streamId) {
            frameBegun = false;
            frames.earn();
            var stream = http2.connection().stream(streamId);
            if (stream != null) {
                progress(stream).lastDataNanos = lastBytesNanos;
            }
        }

        private void ofNoCall() throws Http2Exception {
            frameBegun = false;
            if (!frames.trySpend(lastBytesNanos)) {
                throw Http2Exception.connectionError(
                        Http2Error.ENHANCE_YOUR_CALM, "more frames that carry no call than are taken");
            }
        }

        @Override
        public int onDataRead(ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean end)
                throws Http2Exception {
            ofCall(streamId);
            return super.onDataRead(context, streamId, data, padding, end);
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context, int streamId, Http2Headers headers, int padding, boolean end)
                throws Http2Exception {
            ofCall(streamId);
            super.onHeadersRead(context, streamId, headers, padding, end);
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext context,
                int streamId,
                Http2Headers headers,
                int dependency,
                short weight,
                boolean exclusive,
                int padding,
                boolean end)
                throws Http2Exception {
            ofCall(streamId);
            super.onHeadersRead(context, streamId, headers, dependency, weight, exclusive, padding, end);
        }

        @Override
        public void onPriorityRead(
                ChannelHandlerContext context, int streamId, int dependency, short weight, boolean exclusive)
                throws Http2Exception {
            ofNoCall();
            super.onPriorityRead(context, streamId, dependency, weight, exclusive);
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext context, int streamId, long code) throws Http2Exception {
            frameBegun = false;
            super.onRstStreamRead(context, streamId, code);
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings) throws Http2Exception {
            ofNoCall();
            super.onSettingsRead(context, settings);
        }

        @Override
        public void onSettingsAckRead(ChannelHandlerContext context) throws Http2Exception {
            frameBegun = false;
            super.onSettingsAckRead(context);
        }

        @Override
        public void onPingRead(ChannelHandlerContext context, long data) throws Http2Exception {
            ofNoCall();
            super.onPingRead(context, data);
        }

        @Override
        public void onPingAckRead(ChannelHandlerContext context, long data) throws Http2Exception {
            ofNoCall();
            super.onPingAckRead(context, data);
        }

        @Override
        public void onWindowUpdateRead(ChannelHandlerContext context, int streamId, int increment)
                throws Http2Exception {
            frameBegun = false;
            if (streamId == 0) {
                connectionCredit += increment;
            } else {
                var stream = http2.connection().stream(streamId);
                if (stream != null) {
                    progress(stream).credit += increment;
                }
            }
            super.onWindowUpdateRead(context, streamId, increment);
        }

        @Override
        public void onUnknownFrame(
                ChannelHandlerContext context, byte type, int streamId, Http2Flags flags, ByteBuf payload)
                throws Http2Exception {
            ofNoCall();
            super.onUnknownFrame(context, type, streamId, flags, payload);
        }
    }
}
