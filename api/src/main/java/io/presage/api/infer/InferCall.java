package io.presage.api.infer;

import io.presage.api.forward.Outcome;
import io.presage.api.forward.Retries;
import io.presage.api.forward.RetryPolicy;
import io.presage.api.forward.WorkerCall;
import io.presage.api.forward.WorkerClient;
import io.presage.api.limits.Bodies;
import io.presage.api.limits.Body;
import io.presage.api.limits.Permit;
import io.presage.api.replicas.Pick;
import io.presage.api.replicas.Replica;
import io.presage.api.replicas.Replicas;
import io.presage.api.routes.VersionRoute;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One admitted call, from its body to the end of its answer: an attempt at a replica, at most one retry on
/// another, at most one move to the version that a newer table names, all within one deadline.
///
/// It ends exactly once, in [#finish]: by an answer, a refusal, the deadline, or because the client went away;
/// then the body's room, the replica's permit and the timer are given back. One event loop.
final class InferCall implements Companion.Held {
    private static final Logger log = LoggerFactory.getLogger(InferCall.class);

    enum Kind {
        INFER,
        METADATA
    }

    /// @param wholeAnswerBytesMax larger answers are streamed to callers that take them so
    /// @param answerBytesMax of others; larger ones are refused
    /// @param timeoutCountsFrom a call that timed out counts against its worker only if it had this long
    record Terms(long wholeAnswerBytesMax, long answerBytesMax, Duration timeoutCountsFrom) {}

    /// What the calls of one event loop share.
    record Loop(
            Vertx vertx,
            WorkerClient workers,
            RandomGenerator random,
            Retries retries,
            GatewayMetrics metrics,
            LongSupplier nanos,
            Terms terms) {}

    private final Caller caller;
    private final Loop loop;
    private final Supplier<VersionRoute> target;
    private final Kind kind;
    private final long deadlineMillis;
    private final Permit permit;
    private final List<Replica> tried = new ArrayList<>(1);

    private VersionRoute route;
    private int retries;
    private boolean moved;
    private @Nullable Companion companion;
    private boolean finished;
    private long rows;
    private long timer;
    private @Nullable Body body;
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
    void start(Body whole) {
        timer = atDeadline(this::deadlinePassed);
        arrived(whole);
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
            tryReplica(whole);
        }
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
            tryReplica(body);
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

    private void tryReplica(Body whole) {
        switch (Replicas.pick(route.replicas(), tried, loop.random())) {
            case Pick.Picked(var replica) -> send(replica, whole);
            case Pick.NoneReady _ -> refuse(Problem.VERSION_NOT_READY, "has no Ready replica");
            case Pick.AllBroken _ -> refuse(Problem.VERSION_NOT_READY, "has replicas, but none of them answers");
            case Pick.AllBusy _ -> refuse(Problem.OVERLOADED, "has replicas, but none with room for another call");
        }
    }

    private void send(Replica replica, Body whole) {
        tried.add(replica);
        var method = kind == Kind.INFER ? HttpMethod.POST : HttpMethod.GET;
        String path = kind == Kind.INFER ? route.infer() : route.path();
        var call = new WorkerClient.Call(
                method, path, caller.headers(), caller.requestId(), Math.max(1, leftMillis()), whole);
        attempt = loop.workers().send(replica, call, outcome -> ended(outcome, whole));
    }

    /// An attempt has an outcome; on it hangs what is done next.
    private void ended(Outcome outcome, Body whole) {
        if (finished) {
            return;
        }
        switch (outcome) {
            case Outcome.Answered(var response) -> answer(response);
            case Outcome.Refused refused -> {
                if (!movedOn(refused, whole) && !triedAgain(outcome, whole)) {
                    answerRefused(refused);
                }
            }
            case Outcome.Unreachable(var cause) -> {
                if (!triedAgain(outcome, whole)) {
                    refuse(Problem.UPSTREAM_FAILED, "cannot be reached on its replica: " + cause.getMessage());
                }
            }
            case Outcome.Broken(var cause) -> {
                if (!triedAgain(outcome, whole)) {
                    refuse(Problem.UPSTREAM_FAILED, "broke off before it answered: " + cause.getMessage());
                }
            }
            case Outcome.Crowded _ -> {
                if (!triedAgain(outcome, whole)) {
                    refuse(Problem.OVERLOADED, "has no free connection to its replica");
                }
            }
            case Outcome.Rejected(int status) -> {
                log.error("event=service-secret-refused worker={} status={}", tried.getLast(), status);
                refuse(Problem.UPSTREAM_FAILED, "was refused to the gateway itself by its replica");
            }
        }
    }

    /// A promote may have moved the calls while this one was on its way to the version they went to before:
    /// then it follows, once. That is no retry and costs no budget: tables move rarely.
    private boolean movedOn(Outcome.Refused refused, Body whole) {
        if (refused.refusal() != Outcome.Refusal.NOT_HELD || moved) {
            return false;
        }
        var newest = newest();
        if (newest.version() == route.version()) {
            return false;
        }
        moved = true;
        route = newest;
        tried.clear();
        loop.metrics().retried(GatewayMetrics.Retry.VERSION_MOVED);
        discard(refused.response());
        tryReplica(whole);
        return true;
    }

    private VersionRoute newest() {
        try {
            return target.get();
        } catch (ProblemException _) {
            // The newest table has no answer either: the refusal stands.
            return route;
        }
    }

    private boolean triedAgain(Outcome outcome, Body whole) {
        var advice = RetryPolicy.advise(outcome, retries);
        if (advice == RetryPolicy.Advice.NO || leftMillis() < 1) {
            return false;
        }
        Pick pick = Replicas.pick(route.replicas(), tried, loop.random());
        if (pick instanceof Pick.NoneReady && advice == RetryPolicy.Advice.ELSEWHERE_OR_AGAIN) {
            pick = Replicas.pick(route.replicas(), List.of(), loop.random());
        }
        if (!(pick instanceof Pick.Picked(var replica))) {
            return false;
        }
        if (!loop.retries().tryRetry()) {
            replica.released();
            loop.metrics().retryDenied();
            return false;
        }
        retries++;
        loop.metrics().retried(reason(outcome));
        if (outcome instanceof Outcome.Refused refused) {
            discard(refused.response());
        }
        send(replica, whole);
        return true;
    }

    private static GatewayMetrics.Retry reason(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Refused _ -> GatewayMetrics.Retry.REFUSED;
            case Outcome.Unreachable _ -> GatewayMetrics.Retry.UNREACHABLE;
            case Outcome.Crowded _ -> GatewayMetrics.Retry.CROWDED;
            case Outcome.Broken _, Outcome.Answered _, Outcome.Rejected _ -> GatewayMetrics.Retry.BROKEN;
        };
    }

    /// The refusal is not the caller's: read to its end, so that its connection can be used again.
    private void discard(HttpClientResponse response) {
        var present = attempt;
        response.exceptionHandler(_ -> {});
        response.resume();
        if (present != null) {
            present.completed(response.statusCode());
        }
    }

    /// There was no other replica to ask. A worker's 404 would be wrong: the table knows the version.
    private void answerRefused(Outcome.Refused refused) {
        if (refused.response().statusCode() == 404) {
            discard(refused.response());
            refuse(Problem.VERSION_NOT_READY, "is not held by the replica that should have it");
        } else {
            answer(refused.response());
        }
    }

    private void answer(HttpClientResponse from) {
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

    private void whole(AnswerHead head, HttpClientResponse from) {
        var present = attempt;
        var pieces = new Pieces(loop.terms().answerBytesMax());
        from.handler(piece -> {
            if (!pieces.add(piece)) {
                brokeOff(
                        present,
                        new IllegalStateException(
                                "it is larger than " + loop.terms().answerBytesMax() + " bytes"));
                from.request().reset();
            }
        });
        from.exceptionHandler(cause -> brokeOff(present, cause));
        from.endHandler(_ -> {
            if (!finished) {
                completed(present, head.status());
                var beside = companion;
                companion = null;
                finish(GatewayMetrics.Outcome.ofStatus(head.status()));
                caller.answered(head, pieces.whole());
                if (beside != null) {
                    beside.answered(head, pieces.whole(), present == null ? 0 : present.elapsedNanos());
                }
            }
        });
        from.resume();
    }

    private void stream(HttpClientResponse from, HttpServerResponse to, @Nullable String length) {
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
        refuse(Problem.UPSTREAM_FAILED, "broke off within its answer: " + cause.getMessage());
    }

    private void refuse(Problem problem, String what) {
        if (!finished) {
            finish(GatewayMetrics.Outcome.ofStatus(problem.status()));
            caller.refuse(ProblemException.retryAfter(
                    problem, "version " + route.model() + "/" + route.number() + " " + what, 1));
        }
    }

    private void deadlinePassed() {
        if (finished) {
            return;
        }
        var present = attempt;
        finish(GatewayMetrics.Outcome.DEADLINE);
        if (present != null) {
            boolean fair =
                    present.elapsedNanos() >= loop.terms().timeoutCountsFrom().toNanos();
            present.abandon(fair ? new TimeoutException("no answer in time") : null);
        }
        caller.refuse(new ProblemException(
                Problem.DEADLINE_EXCEEDED,
                "version " + route.model() + "/" + route.number() + " did not answer within " + deadlineMillis
                        + " ms"));
    }

    private void clientGone() {
        if (finished) {
            return;
        }
        var present = attempt;
        finish(GatewayMetrics.Outcome.CANCELLED);
        if (present != null) {
            present.abandon(null);
        }
    }

    private void finish(GatewayMetrics.Outcome outcome) {
        finished = true;
        loop.vertx().cancelTimer(timer);
        if (permit.countsRows()) {
            permit.ended(rows);
        }
        if (body != null) {
            body.close();
        }
        if (companion != null) {
            companion.ended();
        }
        if (kind == Kind.INFER) {
            loop.metrics().finished(route, outcome, loop.nanos().getAsLong() - caller.arrivedNanos());
        }
    }
}
