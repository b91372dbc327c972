package io.presage.api.infer;

import io.presage.api.forward.HedgingProperties;
import io.presage.api.forward.Retries;
import io.presage.api.forward.WorkerAnswer;
import io.presage.api.forward.WorkerCall;
import io.presage.api.forward.WorkerClient;
import io.presage.api.limits.Bodies;
import io.presage.api.limits.Body;
import io.presage.api.limits.Permit;
import io.presage.api.replicas.Targets;
import io.presage.api.routes.VersionRoute;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// One admitted call, from its body to the end of its answer, within one deadline. How it comes to an answer is
/// the matter of its [Attempts].
///
/// It ends exactly once, in [#finish]: by an answer, a refusal, the deadline, or because the client went away;
/// then the body's room, the permits and the timer are given back. One event loop.
public final class InferCall implements Attempts.End, Companion.Held {
    /// What is asked of the worker: a predict call in one of the forms it reads, or a question about the model.
    enum Kind {
        INFER,
        EMBEDDINGS,
        PREDICT,
        METADATA,
        CONFIG;

        boolean isQuestion() {
            return this == METADATA || this == CONFIG;
        }

        HttpMethod method() {
            return isQuestion() ? HttpMethod.GET : HttpMethod.POST;
        }

        /// The usual one is made once, not per call.
        String path(VersionRoute route) {
            return switch (this) {
                case INFER -> route.infer();
                case EMBEDDINGS -> route.path() + "/embeddings";
                case PREDICT -> route.path() + "/predict";
                case METADATA -> route.path();
                case CONFIG -> route.path() + "/config";
            };
        }
    }

    /// @param wholeAnswerBytesMax larger answers are streamed to callers that take them so
    /// @param answerBytesMax of others; larger ones are refused
    /// @param timeoutCountsFrom a call that timed out counts against its worker only if it had this long
    record Terms(long wholeAnswerBytesMax, long answerBytesMax, Duration timeoutCountsFrom) {}

    /// What the calls of one event loop share.
    record Loop(
            Vertx vertx,
            WorkerClient workers,
            Targets targets,
            WaitingRoom room,
            RandomGenerator random,
            Retries retries,
            HedgingProperties hedging,
            GatewayMetrics metrics,
            LongSupplier nanos,
            Terms terms) {}

    private final Caller caller;
    private final Loop loop;
    private final Supplier<VersionRoute> target;
    private final Kind kind;
    private final long deadlineMillis;
    private final Permit permit;

    private VersionRoute route;
    private @Nullable Companion companion;
    private boolean finished;
    private long rows;
    private long timer;
    private @Nullable Body body;
    private @Nullable Attempts attempts;
    private @Nullable WorkerCall attempt;

    /// `target` looks the version up in the newest table each time it is asked; `route` is what it said at
    /// first. `permit` hears what the call has run.
    InferCall(
            Caller caller,
            Loop loop,
            Supplier<VersionRoute> target,
            Kind kind,
            long deadlineMillis,
            VersionRoute route,
            Permit permit) {
        this.permit = permit;
        this.caller = caller;
        this.loop = loop;
        this.target = target;
        this.kind = kind;
        this.deadlineMillis = deadlineMillis;
        this.route = route;
    }

    /// Before the start.
    InferCall with(Companion with) {
        companion = with;
        return this;
    }

    void start(Bodies.Incoming incoming) {
        timer = atDeadline(() -> {
            if (!incoming.abort(new ProblemException(
                    Problem.REQUEST_TIMEOUT, "the body did not arrive within " + deadlineMillis + " ms"))) {
                deadlinePassed();
            }
        });
        incoming.whole().onComplete(this::arrived, this::notArrived);
    }

    /// The same with a body that is whole, which is this call's from here on.
    public void start(Body whole) {
        timer = atDeadline(this::deadlinePassed);
        arrived(whole);
    }

    /// The same with a body that is yet to be made: what making it throws, the caller is refused with.
    public void start(Supplier<Body> made) {
        Body whole;
        try {
            whole = made.get();
        } catch (ProblemException e) {
            refused(e);
            return;
        }
        start(whole);
    }

    private long atDeadline(Runnable passed) {
        return loop.vertx().setTimer(Math.max(1, leftMillis()), _ -> passed.run());
    }

    private void arrived(Body whole) {
        body = whole;
        caller.whenGone(this::clientGone);
        loop.retries().called();
        try {
            // While the body came, the table may have changed.
            route = target.get();
        } catch (ProblemException e) {
            finish(GatewayMetrics.Outcome.ofStatus(e.problem().status()));
            caller.refuse(e);
            return;
        }
        if (companion == null || !companion.holds(whole, route, this)) {
            attempt(whole);
        }
    }

    private void attempt(Body whole) {
        var begun = new Attempts(caller, loop, target, kind, this::leftMillis, route, whole, this);
        attempts = begun;
        begun.start();
    }

    @Override
    public void answer(AnswerHead head, Buffer kept) {
        if (!finished) {
            finish(GatewayMetrics.Outcome.ofStatus(head.status()));
            caller.answered(head, kept);
        }
    }

    @Override
    public void goOn() {
        if (!finished && body != null) {
            attempt(body);
        }
    }

    private void notArrived(Throwable cause) {
        if (cause instanceof ProblemException problem) {
            finish(GatewayMetrics.Outcome.ofStatus(problem.problem().status()));
            caller.refuse(problem);
        } else {
            finish(GatewayMetrics.Outcome.CANCELLED);
            caller.breakOff();
        }
    }

    private long leftMillis() {
        return Deadlines.leftMillis(
                caller.arrivedNanos(), deadlineMillis, loop.nanos().getAsLong());
    }

    @Override
    public void answered(WorkerCall answering, WorkerAnswer response) {
        attempt = answering;
        follow();
        answer(response);
    }

    @Override
    public void refused(ProblemException why) {
        follow();
        refuse(why);
    }

    /// The attempts may have moved to another version.
    private void follow() {
        if (attempts != null) {
            route = attempts.route();
        }
    }

    private void answer(WorkerAnswer from) {
        if (permit.countsRows() && from.statusCode() == 200) {
            rows = Permit.rows(from.getHeader(Headers.ROWS));
        }
        var head = new AnswerHead(from.statusCode(), from.headers(), route.number());
        String length = from.getHeader(HttpHeaders.CONTENT_LENGTH);
        var isSmall = length != null
                && length.length() < 10
                && Long.parseLong(length) <= loop.terms().wholeAnswerBytesMax();
        var to = isSmall ? Optional.<HttpServerResponse>empty() : caller.stream(head);
        if (to.isPresent()) {
            if (companion != null) {
                companion.streams();
            }
            stream(from, to.get(), length);
        } else {
            whole(head, from);
        }
    }

    private void whole(AnswerHead head, WorkerAnswer from) {
        var present = attempt;
        var pieces = new Pieces(loop.terms().answerBytesMax());
        from.handler(piece -> {
            if (!pieces.add(piece)) {
                brokeOff(
                        present,
                        new IllegalStateException(
                                "it is larger than " + loop.terms().answerBytesMax() + " bytes"));
                from.breakOff();
            }
        });
        from.exceptionHandler(cause -> brokeOff(present, cause));
        from.endHandler(_ -> {
            if (!finished) {
                completed(present, head.status());
                var body = pieces.whole();
                var beside = companion;
                companion = null;
                if (beside != null) {
                    beside.keep(head, body);
                }
                finish(GatewayMetrics.Outcome.ofStatus(head.status()));
                caller.answered(head, body);
                if (beside != null) {
                    beside.answered(head, body, present == null ? 0 : present.elapsedNanos());
                }
            }
        });
        from.resume();
    }

    private void stream(WorkerAnswer from, HttpServerResponse to, @Nullable String length) {
        var present = attempt;
        if (length == null) {
            to.setChunked(true);
        } else {
            to.headers().set(HttpHeaders.CONTENT_LENGTH, length);
        }
        from.pipeTo(to)
                .onComplete(
                        _ -> {
                            completed(present, from.statusCode());
                            finish(GatewayMetrics.Outcome.ofStatus(from.statusCode()));
                        },
                        cause -> brokeOff(present, cause));
    }

    private static void completed(@Nullable WorkerCall attempt, int status) {
        if (attempt != null) {
            attempt.completed(status);
        }
    }

    /// The answer had begun: it cannot be tried again.
    private void brokeOff(@Nullable WorkerCall present, Throwable cause) {
        if (finished) {
            return;
        }
        if (present != null) {
            present.failed(cause);
        }
        refuse(ProblemException.retryAfter(
                Problem.UPSTREAM_FAILED,
                "version " + route.model() + "/" + route.number() + " broke off within its answer: "
                        + cause.getMessage(),
                1));
    }

    private void refuse(ProblemException why) {
        if (!finished) {
            finish(GatewayMetrics.Outcome.ofStatus(why.problem().status()));
            caller.refuse(why);
        }
    }

    private void deadlinePassed() {
        if (finished) {
            return;
        }
        if (attempts != null) {
            follow();
            attempts.close(
                    new TimeoutException("no answer in time"),
                    loop.terms().timeoutCountsFrom().toNanos());
        }
        finish(GatewayMetrics.Outcome.DEADLINE);
        caller.refuse(new ProblemException(
                Problem.DEADLINE_EXCEEDED,
                "version " + route.model() + "/" + route.number() + " did not answer within " + deadlineMillis
                        + " ms"));
    }

    private void clientGone() {
        if (!finished) {
            finish(GatewayMetrics.Outcome.CANCELLED);
        }
    }

    private void finish(GatewayMetrics.Outcome outcome) {
        finished = true;
        loop.vertx().cancelTimer(timer);
        if (permit.countsRows()) {
            permit.ended(rows);
        }
        if (attempts != null) {
            attempts.close(null, 0);
        }
        if (body != null) {
            body.close();
        }
        if (companion != null) {
            companion.ended();
        }
        if (!kind.isQuestion()) {
            loop.metrics().finished(route, outcome, loop.nanos().getAsLong() - caller.arrivedNanos());
        }
    }
}
