package io.presage.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// What stands behind proxies that are compared: reads a body of any size, keeps nothing of it, and gives the same
/// answer to everything.
///
/// With lanes it has a capacity that costs no CPU: each lane runs one call at a time, some wait, and what is
/// more is
/// refused as a worker does that has a full queue.
///
/// `NettyUpstream PORT DELAY_MILLIS [LANES WAITING_MAX]`
final class NettyUpstream {
    private static final String ANSWER =
            "{\"model_name\":\"tumour\",\"model_version\":\"1\",\"id\":\"r1\",\"outputs\":["
                    + "{\"name\":\"label\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":[0]},"
                    + "{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[0.99999994,1.2E-7]}]}";

    public static void main(String[] args) throws Exception {
        var answer = Unpooled.unreleasableBuffer(
                Unpooled.directBuffer().writeBytes(ANSWER.getBytes(StandardCharsets.ISO_8859_1)));
        long delayMillis = Long.parseLong(args[1]);
        var lanes = args.length > 2 ? new Lanes(Integer.parseInt(args[2]), Integer.parseInt(args[3])) : null;
        new ServerBootstrap()
                .group(new MultiThreadIoEventLoopGroup(
                        Runtime.getRuntime().availableProcessors(), EpollIoHandler.newFactory()))
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new Handler(answer, delayMillis, lanes));
                    }
                })
                .bind("127.0.0.1", Integer.parseInt(args[0]))
                .sync()
                .channel()
                .closeFuture()
                .sync();
    }

    private static final class Handler extends SimpleChannelInboundHandler<HttpObject> {
        private final ByteBuf answer;
        private final long delayMillis;
        private final @Nullable Lanes lanes;

        Handler(ByteBuf answer, long delayMillis, @Nullable Lanes lanes) {
            this.answer = answer;
            this.delayMillis = delayMillis;
            this.lanes = lanes;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
            if (!(part instanceof LastHttpContent)) {
                return;
            }
            if (lanes != null) {
                if (!lanes.waiting().offer(() -> {
                    LockSupport.parkNanos(delayMillis * 1_000_000);
                    context.executor().execute(() -> answer(context));
                })) {
                    refuse(context);
                }
            } else if (delayMillis == 0) {
                answer(context);
            } else {
                var _ = context.executor().schedule(() -> answer(context), delayMillis, TimeUnit.MILLISECONDS);
            }
        }

        private static void refuse(ChannelHandlerContext context) {
            var response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    HttpResponseStatus.valueOf(Problem.QUEUE_FULL.status()),
                    Unpooled.EMPTY_BUFFER);
            response.headers()
                    .set(Headers.PROBLEM_CODE, Problem.QUEUE_FULL.name())
                    .setInt(HttpHeaderNames.CONTENT_LENGTH, 0);
            var _ = context.writeAndFlush(response, context.voidPromise());
        }

        private void answer(ChannelHandlerContext context) {
            var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, answer.duplicate());
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
                    .setInt(HttpHeaderNames.CONTENT_LENGTH, answer.readableBytes());
            var _ = context.writeAndFlush(response, context.voidPromise());
        }
    }

    /// Threads that take what waits, in its order.
    private record Lanes(BlockingQueue<Runnable> waiting) {
        Lanes(int count, int waitingMax) {
            this(new ArrayBlockingQueue<>(waitingMax));
            for (int i = 0; i < count; i++) {
                Thread.ofPlatform().daemon().name("lane-" + i).start(this::run);
            }
        }

        private void run() {
            try {
                while (true) {
                    waiting.take().run();
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private NettyUpstream() {}
}
