package io.presage.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.FastThreadLocal;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What forwarding an HTTP request costs when nothing but it is done: Netty's codecs to both sides, one event loop
/// for a client's connection and for the connection to the upstream that it borrows. It reads nothing of what it
/// forwards, limits nothing, and breaks when something breaks.
///
/// `NettyProxy PORT UPSTREAM_PORT`
final class NettyProxy {
    public static void main(String[] args) throws Exception {
        var upstream = new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1]));
        var idle = new FastThreadLocal<ArrayDeque<Channel>>() {
            @Override
            protected ArrayDeque<Channel> initialValue() {
                return new ArrayDeque<>();
            }
        };
        new ServerBootstrap()
                .group(new MultiThreadIoEventLoopGroup(
                        Runtime.getRuntime().availableProcessors(), EpollIoHandler.newFactory()))
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new Front(upstream, idle));
                    }
                })
                .bind("127.0.0.1", Integer.parseInt(args[0]))
                .sync()
                .channel()
                .closeFuture()
                .sync();
    }

    private static final class Front extends ChannelInboundHandlerAdapter {
        private final InetSocketAddress upstream;
        private final FastThreadLocal<ArrayDeque<Channel>> idle;
        private final List<Object> early = new ArrayList<>();
        private @Nullable Channel back;

        Front(InetSocketAddress upstream, FastThreadLocal<ArrayDeque<Channel>> idle) {
            this.upstream = upstream;
            this.idle = idle;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object part) {
            if (back == null && early.isEmpty()) {
                back = idle.get().pollLast();
                if (back == null) {
                    connect(context);
                } else {
                    back.pipeline().get(Back.class).front = context;
                }
            }
            if (back == null) {
                early.add(part);
            } else {
                send(back, part);
            }
        }

        private void send(Channel to, Object part) {
            if (part instanceof LastHttpContent) {
                back = null;
                var _ = to.writeAndFlush(part, to.voidPromise());
            } else {
                var _ = to.write(part, to.voidPromise());
            }
        }

        private void connect(ChannelHandlerContext context) {
            var handler = new Back(idle);
            handler.front = context;
            var _ = new Bootstrap()
                    .group(context.channel().eventLoop())
                    .channel(EpollSocketChannel.class)
                    .option(ChannelOption.TCP_NODELAY, true)
                    .handler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel channel) {
                            channel.pipeline().addLast(new HttpClientCodec(), handler);
                        }
                    })
                    .connect(upstream)
                    .addListener(future -> connected(context, future.isSuccess() ? handler.self : null));
        }

        private void connected(ChannelHandlerContext context, @Nullable Channel to) {
            if (to == null) {
                early.forEach(ReferenceCountUtil::release);
                context.close();
            } else {
                back = to;
                early.forEach(part -> send(to, part));
            }
            early.clear();
        }
    }

    private static final class Back extends ChannelInboundHandlerAdapter {
        private final FastThreadLocal<ArrayDeque<Channel>> idle;
        private @Nullable ChannelHandlerContext front;
        private @Nullable Channel self;

        Back(FastThreadLocal<ArrayDeque<Channel>> idle) {
            this.idle = idle;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            self = context.channel();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object part) {
            var to = front;
            if (to == null) {
                ReferenceCountUtil.release(part);
            } else if (part instanceof LastHttpContent) {
                front = null;
                idle.get().addLast(context.channel());
                var _ = to.writeAndFlush(part, to.voidPromise());
            } else {
                var _ = to.write(part, to.voidPromise());
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            idle.get().remove(context.channel());
        }
    }

    private NettyProxy() {}
}
