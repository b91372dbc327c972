package io.presage.api.forward;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One HTTP/1.1 connection to a worker, with at most one call on it. Netty's decoder stands before it; what is
/// sent is encoded already. All on one event loop.
///
/// It goes back to its pool when an answer is whole and the read that brought its end is over: what else came in
/// that read was asked by nobody, and would be taken for the next call's answer. It is closed instead when its
/// call was given up, when the worker says so, or when the answer came before the request was sent.
final class WorkerConnection extends ChannelInboundHandlerAdapter {
    private final WorkerPool pool;
    private final ContextInternal context;
    private @Nullable ChannelHandlerContext channel;
    private @Nullable WorkerCall call;
    private @Nullable WorkerAnswer answer;
    private boolean isInterim;
    private boolean keepsAlive;
    private boolean isDone;
    private boolean isUnwanted;
    private boolean isClosed;
    private long idleSinceNanos;

    WorkerConnection(WorkerPool pool, ContextInternal context) {
        this.pool = pool;
        this.context = context;
    }

    /// Room for what is to be sent.
    ByteBuf buffer(int bytes) {
        var to = channel;
        return to == null ? Unpooled.buffer(bytes) : to.alloc().directBuffer(bytes);
    }

    /// Sends a call: its head, and its body if that is not in there already. `head` is this method's.
    void send(WorkerCall sent, ByteBuf head, List<Buffer> body) {
        var to = channel;
        call = sent;
        // What is written to a closed channel ends there without a word.
        if (to == null || !isUsable()) {
            head.release();
            fail(new IOException("the connection was closed"));
            return;
        }
        if (body.isEmpty()) {
            var _ = to.writeAndFlush(head, to.voidPromise());
            return;
        }
        var _ = to.write(head, to.voidPromise());
        for (var piece : body) {
            // A second attempt sends the same piece: it is not this connection's to release.
            var bytes = Unpooled.unreleasableBuffer(((BufferInternal) piece).getByteBuf());
            var _ = to.write(bytes, to.voidPromise());
        }
        to.flush();
    }

    /// Nobody waits for the answer to `given` any more.
    void giveUp(WorkerCall given) {
        if (call == given) {
            call = null;
            answer = null;
            close();
        }
    }

    void close() {
        isClosed = true;
        if (channel != null) {
            var _ = channel.close();
        }
    }

    /// Nobody reads `given`: what of it has not come when this read is over is not waited for.
    void discard(WorkerAnswer given) {
        isUnwanted = answer == given;
    }

    /// Whether more is taken from the wire.
    void read(boolean on) {
        if (channel != null && channel.channel().config().isAutoRead() != on) {
            channel.channel().config().setAutoRead(on);
        }
    }

    boolean isUsable() {
        return !isClosed && channel != null && channel.channel().isActive();
    }

    void idle(long nowNanos) {
        idleSinceNanos = nowNanos;
    }

    long idleSinceNanos() {
        return idleSinceNanos;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        channel = added;
    }

    @Override
    public void channelRead(ChannelHandlerContext from, Object message) {
        var previous = context.beginDispatch();
        try {
            if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
                var cause = part.decoderResult().cause();
                fail(new IOException("the answer is not HTTP/1.1: " + cause.getMessage(), cause));
                return;
            }
            if (message instanceof HttpResponse head) {
                begin(head);
            }
            if (message instanceof HttpContent content) {
                go(content);
            }
        } finally {
            context.endDispatch(previous);
            ReferenceCountUtil.release(message);
        }
    }

    private void begin(HttpResponse head) {
        int status = head.status().code();
        isInterim = status < 200 && status != 101;
        if (isInterim) {
            return;
        }
        var asking = call;
        if (status == 101) {
            fail(new IOException("the worker changed the protocol"));
            return;
        }
        if (asking == null || answer != null) {
            fail(new IOException("the worker answered what nobody asked"));
            return;
        }
        keepsAlive = HttpUtil.isKeepAlive(head);
        isUnwanted = false;
        var begun = new WorkerAnswer(this, status, (MultiMap) head.headers());
        answer = begun;
        asking.answered(begun);
    }

    private void go(HttpContent content) {
        var present = answer;
        var isLast = content instanceof LastHttpContent;
        if (isInterim) {
            isInterim = !isLast;
            return;
        }
        if (present == null) {
            return;
        }
        if (content.content().isReadable()) {
            present.received(copy(content.content()));
        }
        if (isLast && answer == present) {
            end();
            present.completed();
        }
    }

    /// What was read is the event loop's, to be used again.
    private static Buffer copy(ByteBuf bytes) {
        var own = new byte[bytes.readableBytes()];
        bytes.readBytes(own);
        return Buffer.buffer(own);
    }

    private void end() {
        call = null;
        answer = null;
        isDone = keepsAlive && isUsable() && isAllSent();
        if (!isDone) {
            close();
        }
    }

    /// A worker may answer before it has the whole body. The rest is still on its way then, and whether the
    /// worker takes it is unknown (RFC 9112, section 9.3).
    private boolean isAllSent() {
        var from = channel;
        var unsent = from == null ? null : from.channel().unsafe().outboundBuffer();
        return unsent != null && unsent.isEmpty();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext from) {
        if (isDone) {
            isDone = false;
            read(true);
            pool.free(this);
        } else if (isUnwanted && answer != null) {
            close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
        dispatchFailure(cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext from) {
        isClosed = true;
        pool.gone(this);
        dispatchFailure(new IOException("the connection was closed"));
    }

    private void dispatchFailure(Throwable cause) {
        var previous = context.beginDispatch();
        try {
            fail(cause);
        } finally {
            context.endDispatch(previous);
        }
    }

    private void fail(Throwable cause) {
        var asked = call;
        var begun = answer;
        call = null;
        answer = null;
        close();
        if (begun != null) {
            begun.broken(cause);
        } else if (asked != null) {
            asked.broken(cause);
        }
    }
}
