package io.presage.api.forward;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// A worker's answer from its head on. It is paused until [#resume]; without a handler it runs off unread. Either
/// the end is told or what broke it, once. One event loop.
public final class WorkerAnswer implements ReadStream<Buffer> {
    private static final long ALL = Long.MAX_VALUE;

    private final WorkerConnection connection;
    private final int status;
    private final MultiMap headers;
    private long demand;
    private @Nullable Queue<Buffer> waiting;
    private boolean isWhole;
    private boolean isTold;
    private @Nullable Handler<Buffer> onPiece;
    private @Nullable Handler<Void> onEnd;
    private @Nullable Handler<Throwable> onBreak;

    WorkerAnswer(WorkerConnection connection, int status, MultiMap headers) {
        this.connection = connection;
        this.status = status;
        this.headers = headers;
    }

    public int statusCode() {
        return status;
    }

    public MultiMap headers() {
        return headers;
    }

    public @Nullable String getHeader(CharSequence name) {
        return headers.get(name);
    }

    /// The rest is not wanted: its connection is closed, unless the answer had come whole. Nothing more is told.
    public void breakOff() {
        isTold = true;
        waiting = null;
        if (!isWhole) {
            connection.close();
        }
    }

    /// Nobody reads it, though its connection is worth keeping: to be called while its head is told. What comes
    /// with the head runs off; a rest that would have to be waited for costs the connection.
    public void discard() {
        isTold = true;
        connection.discard(this);
    }

    @Override
    public WorkerAnswer handler(@Nullable Handler<Buffer> handler) {
        onPiece = handler;
        return this;
    }

    @Override
    public WorkerAnswer endHandler(@Nullable Handler<Void> handler) {
        onEnd = handler;
        return this;
    }

    @Override
    public WorkerAnswer exceptionHandler(@Nullable Handler<Throwable> handler) {
        onBreak = handler;
        return this;
    }

    @Override
    public WorkerAnswer pause() {
        demand = 0;
        return this;
    }

    @Override
    public WorkerAnswer resume() {
        return fetch(ALL);
    }

    @Override
    public WorkerAnswer fetch(long pieces) {
        demand = demand + pieces < 0 ? ALL : demand + pieces;
        while (demand > 0 && waiting != null && !waiting.isEmpty()) {
            pass(waiting.remove());
        }
        if (waiting == null || waiting.isEmpty()) {
            if (isWhole) {
                end();
            } else if (demand > 0) {
                connection.read(true);
            }
        }
        return this;
    }

    /// The next piece came.
    void received(Buffer piece) {
        if (isTold) {
            return;
        }
        if (demand > 0) {
            pass(piece);
            return;
        }
        var held = waiting;
        if (held == null) {
            held = new ArrayDeque<>(2);
            waiting = held;
        }
        held.add(piece);
        connection.read(false);
    }

    /// All of it came. Its end waits for the demand as its pieces do.
    void completed() {
        isWhole = true;
        if (demand > 0 && (waiting == null || waiting.isEmpty())) {
            end();
        }
    }

    /// Nothing more will come, though it was not whole.
    void broken(Throwable cause) {
        if (!isTold) {
            isTold = true;
            waiting = null;
            if (onBreak != null) {
                onBreak.handle(cause);
            }
        }
    }

    private void pass(Buffer piece) {
        if (demand != ALL) {
            demand--;
        }
        if (onPiece != null) {
            onPiece.handle(piece);
        }
    }

    private void end() {
        if (!isTold) {
            isTold = true;
            if (onEnd != null) {
                onEnd.handle(null);
            }
        }
    }
}
