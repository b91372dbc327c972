package io.presage.api.forward;

import io.presage.api.replicas.Hold;
import io.presage.api.replicas.Replica;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One attempt at one worker. Has its hold on the replica until the attempt is over, and tells it what
/// happened, once. One event loop.
public final class WorkerCall {
    private final Replica replica;
    private final Hold hold;
    private final LongSupplier nanos;
    private final long startedNanos;
    private final BiConsumer<WorkerCall, Outcome> done;
    private @Nullable WorkerConnection connection;
    private boolean isFull;
    private boolean over;
    private boolean told;

    /// `hold` on `replica` was taken by the caller and is this call's now.
    WorkerCall(Replica replica, Hold hold, LongSupplier nanos, BiConsumer<WorkerCall, Outcome> done) {
        this.replica = replica;
        this.hold = hold;
        this.nanos = nanos;
        this.startedNanos = nanos.getAsLong();
        this.done = done;
    }

    /// It was given up while it waited for a connection.
    boolean isOver() {
        return over;
    }

    /// It is on its way.
    void sentOn(WorkerConnection used) {
        connection = used;
    }

    void crowded() {
        release(0);
        tell(new Outcome.Crowded());
    }

    void notConnected(Throwable cause) {
        fail(cause);
        tell(new Outcome.Unreachable(cause));
    }

    void broken(Throwable cause) {
        fail(cause);
        tell(new Outcome.Broken(cause));
    }

    /// The head of an answer, its body paused.
    void answered(WorkerAnswer response) {
        if (over) {
            response.breakOff();
            return;
        }
        int status = response.statusCode();
        if (status < 400) {
            tell(new Outcome.Answered(response));
            return;
        }
        var refusal = refusal(response.getHeader(Headers.PROBLEM_CODE));
        if (refusal != null) {
            isFull = refusal == Outcome.Refusal.QUEUE_FULL;
            tell(new Outcome.Refused(refusal, response));
        } else if (status == 401 || status == 403) {
            tell(new Outcome.Rejected(status));
            abandon(null);
        } else {
            tell(new Outcome.Answered(response));
        }
    }

    private static Outcome.@Nullable Refusal refusal(@Nullable String code) {
        if (code == null) {
            return null;
        }
        return switch (code) {
            case "VERSION_NOT_READY", "VERSION_NOT_FOUND", "MODEL_NOT_FOUND" -> Outcome.Refusal.NOT_HELD;
            case "SHUTTING_DOWN" -> Outcome.Refusal.SHUTTING_DOWN;
            case "QUEUE_FULL" -> Outcome.Refusal.QUEUE_FULL;
            default -> null;
        };
    }

    /// The whole answer came: `status` is its.
    public void completed(int status) {
        if (!over) {
            over = true;
            long elapsed = nanos.getAsLong() - startedNanos;
            if (status == Problem.UPSTREAM_FAILED.status()) {
                hold.failed(elapsed, new IllegalStateException("the worker answered " + status));
            } else {
                hold.answered(isFull ? Hold.Answer.FULL : status < 400 ? Hold.Answer.RUN : Hold.Answer.OTHER, elapsed);
            }
        }
    }

    /// The answer broke off.
    public void failed(Throwable cause) {
        fail(cause);
    }

    /// Nobody waits for the answer any more: the worker is told by closing the connection. `fault` says what
    /// the worker did wrong; null when it is not to blame.
    public void abandon(@Nullable Throwable fault) {
        if (over) {
            return;
        }
        // That its connection ends now is no news.
        told = true;
        if (fault == null) {
            release(nanos.getAsLong() - startedNanos);
        } else {
            fail(fault);
        }
        if (connection != null) {
            connection.giveUp(this);
        }
    }

    public Replica replica() {
        return replica;
    }

    public long elapsedNanos() {
        return nanos.getAsLong() - startedNanos;
    }

    private void fail(Throwable cause) {
        if (!over) {
            over = true;
            hold.failed(nanos.getAsLong() - startedNanos, cause);
        }
    }

    private void release(long elapsedNanos) {
        if (!over) {
            over = true;
            hold.released(elapsedNanos);
        }
    }

    private void tell(Outcome outcome) {
        if (!told) {
            told = true;
            done.accept(this, outcome);
        }
    }
}
