package io.presage.api.grpc;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A call in which messages are answered one by one, in order: the next is looked at when the last is answered
/// and the answer was taken, and until then no more bytes are read than one message and a window. Ends when the
/// client ends, goes away, passes its deadline or is silent for too long, and when the gateway stops. One event
/// loop.
abstract class DuplexStream {
    private static final Logger log = LoggerFactory.getLogger(DuplexStream.class);
    private static final long TICK_MILLIS = 500;

    private final Vertx vertx;
    private final GrpcStream stream;
    private final Messages messages;
    private final LongSupplier nanos;
    private final long idleNanos;
    private final OptionalLong deadlineMillis;

    private boolean ended;
    private boolean busy;
    private boolean over;
    private long lastNanos;
    private long timer;

    DuplexStream(
            Vertx vertx,
            GrpcApi.Shared shared,
            GrpcStream stream,
            @Nullable String encoding,
            OptionalLong deadlineMillis) {
        this.vertx = vertx;
        this.stream = stream;
        this.messages = new Messages(shared.bodies(), encoding);
        this.nanos = shared.nanos();
        this.idleNanos = shared.properties().streamIdleTimeout().toNanos();
        this.deadlineMillis = deadlineMillis;
        this.lastNanos = nanos.getAsLong();
    }

    /// Begins to work on a message; [#done] when it was answered, now or later.
    /// @throws ProblemException ends the call
    abstract void message(byte[] message);

    /// The client went away, or the call was ended, while a message was being worked on.
    abstract void abandoned();

    final GrpcStream stream() {
        return stream;
    }

    /// Milliseconds of the whole call's deadline that are left; empty when it has none.
    final OptionalLong leftMillis() {
        return deadlineMillis.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(deadlineMillis.getAsLong()
                        - TimeUnit.NANOSECONDS.toMillis(
                                nanos.getAsLong() - stream.exchange().arrivedNanos()));
    }

    final void start() {
        var request = stream.exchange().request();
        timer = vertx.setPeriodic(TICK_MILLIS, _ -> tick());
        stream.whenGone(this::close);
        stream.open();
        request.handler(this::received);
        request.endHandler(_ -> {
            ended = true;
            work();
        });
        request.exceptionHandler(_ -> close());
    }

    private void received(Buffer piece) {
        if (over) {
            return;
        }
        try {
            messages.add(piece);
        } catch (ProblemException e) {
            end(e);
            return;
        }
        work();
    }

    private void work() {
        while (!over && !busy && hasNext()) {
            // All is done within.
        }
    }

    /// Takes the next message, if it is there.
    private boolean hasNext() {
        try {
            Optional<byte[]> next = messages.next();
            if (next.isPresent()) {
                begin(next.get());
                return true;
            }
            if (ended) {
                finish();
            } else if (stream.exchange().isStopping()) {
                end(new ProblemException(Problem.SHUTTING_DOWN, "the gateway is stopping"));
            }
        } catch (ProblemException e) {
            end(e);
        } catch (RuntimeException e) {
            log.error("event=bug request_id={}", stream.exchange().requestId(), e);
            end(new ProblemException(Problem.INTERNAL, "an unexpected error; the log has its cause", e));
        }
        return false;
    }

    private void begin(byte[] message) {
        busy = true;
        if (!ended) {
            stream.exchange().request().pause();
        }
        message(message);
    }

    /// The message was answered.
    final void done() {
        if (over) {
            return;
        }
        var response = stream.exchange().request().response();
        if (stream.isOpen() && response.writeQueueFull()) {
            response.drainHandler(_ -> {
                response.drainHandler(null);
                goOn();
            });
        } else {
            goOn();
        }
    }

    private void goOn() {
        busy = false;
        lastNanos = nanos.getAsLong();
        if (!ended && !over) {
            stream.exchange().request().resume();
        }
        // Not from within: an answer that is there at once would grow the stack with each message.
        vertx.runOnContext(_ -> work());
    }

    private void tick() {
        if (!stream.isOpen()) {
            close();
            return;
        }
        var left = leftMillis();
        if (left.isPresent() && left.getAsLong() <= 0) {
            end(new ProblemException(Problem.DEADLINE_EXCEEDED, "the call's deadline passed"));
        } else if (!busy) {
            if (stream.exchange().isStopping()) {
                end(new ProblemException(Problem.SHUTTING_DOWN, "the gateway is stopping"));
            } else if (nanos.getAsLong() - lastNanos > idleNanos) {
                end(new ProblemException(
                        Problem.REQUEST_TIMEOUT,
                        "nothing came for " + TimeUnit.NANOSECONDS.toSeconds(idleNanos) + " s"));
            }
        }
    }

    private void finish() {
        if (messages.isEmpty()) {
            stream.end();
            close();
        } else {
            end(new ProblemException(Problem.INVALID_REQUEST, "the stream ended within a message"));
        }
    }

    private void end(ProblemException problem) {
        stream.refuse(problem);
        close();
    }

    private void close() {
        if (!over) {
            over = true;
            vertx.cancelTimer(timer);
            messages.close();
            if (busy) {
                abandoned();
            }
        }
    }
}
