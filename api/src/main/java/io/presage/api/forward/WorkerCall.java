package io.presage.api.forward;

import io.presage.api.replicas.Replica;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One attempt at one worker. Holds the replica's permit until the attempt is over, and tells its circuit what
/// happened, once. One event loop.
public final class WorkerCall {
    private final Replica replica;
    private final LongSupplier nanos;
    private final long startedNanos;
    private final Consumer<Outcome> done;
    private @Nullable HttpClientRequest request;
    private boolean over;
    private boolean told;

    /// `replica`'s permit was taken by the caller and is this call's now.
    WorkerCall(Replica replica, LongSupplier nanos, Consumer<Outcome> done) {
        this.replica = replica;
        this.nanos = nanos;
        this.startedNanos = nanos.getAsLong();
        this.done = done;
    }

    /// False when the attempt was given up while it waited for a connection.
    boolean connected(HttpClientRequest connected) {
        if (over) {
            connected.reset();
            return false;
        }
        request = connected;
        // Failures arrive through the response's future as well; without a handler they would be logged.
        connected.exceptionHandler(_ -> {});
        return true;
    }

    void notConnected(Throwable cause) {
        if (cause instanceof ConnectionPoolTooBusyException) {
            release();
            tell(new Outcome.Crowded());
        } else {
            fail(cause);
            tell(cause instanceof HttpClosedException ? new Outcome.Broken(cause) : new Outcome.Unreachable(cause));
        }
    }

    void broken(Throwable cause) {
        fail(cause);
        tell(new Outcome.Broken(cause));
    }

    /// The head of an answer, its body paused.
    void answered(HttpClientResponse response) {
        if (over) {
            return;
        }
        int status = response.statusCode();
        if (status < 400) {
            tell(new Outcome.Answered(response));
            return;
        }
        var refusal = refusal(response.getHeader(Headers.PROBLEM_CODE));
        if (refusal != null) {
            tell(new Outcome.Refused(refusal, response));
        } else if (status == 401 || status == 403) {
            abandon(null);
            tell(new Outcome.Rejected(status));
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
                replica.failed(elapsed, new IllegalStateException("the worker answered " + status));
            } else {
                replica.succeeded(elapsed);
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
        if (fault == null) {
            release();
        } else {
            fail(fault);
        }
        if (request != null) {
            request.reset();
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
            replica.failed(nanos.getAsLong() - startedNanos, cause);
        }
    }

    private void release() {
        if (!over) {
            over = true;
            replica.released();
        }
    }

    private void tell(Outcome outcome) {
        if (!told) {
            told = true;
            done.accept(outcome);
        }
    }
}
