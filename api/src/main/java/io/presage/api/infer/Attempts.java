package io.presage.api.infer;

import io.presage.api.forward.HedgePolicy;
import io.presage.api.forward.Outcome;
import io.presage.api.forward.RetryPolicy;
import io.presage.api.forward.WorkerAnswer;
import io.presage.api.forward.WorkerCall;
import io.presage.api.forward.WorkerClient;
import io.presage.api.limits.Body;
import io.presage.api.replicas.Hold;
import io.presage.api.replicas.Pick;
import io.presage.api.replicas.Priority;
import io.presage.api.replicas.Replica;
import io.presage.api.replicas.Replicas;
import io.presage.api.replicas.Target;
import io.presage.api.routes.VersionRoute;
import io.presage.contract.http.Headers;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How one call gets an answer from a worker: it takes the version's permit, or waits for a version that is
/// being loaded; then one attempt at a replica, at most one more on another (after a failure, or as a hedge
/// beside the first), and at most one move to the version that a newer table names.
///
/// [End] hears once what came of it, unless it is closed first. The permit is held until [#close]: an answer
/// takes room at the worker until its last byte. One event loop.
final class Attempts implements WaitingRoom.Guest {
    private static final Logger log = LoggerFactory.getLogger(Attempts.class);
    private static final long NO_TIMER = -1;

    /// Of a version that nobody loads: somebody has to act first.
    private static final int NOT_LOADED_SECONDS = 10;

    interface End {
        /// The head of an answer, its body paused, of the attempt that has it.
        void answered(WorkerCall attempt, WorkerAnswer response);

        void refused(ProblemException why);
    }

    private final Caller caller;
    private final InferCall.Loop loop;
    private final Supplier<VersionRoute> newest;
    private final InferCall.Kind kind;
    private final LongSupplier leftMillis;
    private final End end;
    private final Priority priority;
    private final List<Replica> tried = new ArrayList<>(1);
    private final List<WorkerCall> running = new ArrayList<>(1);

    private VersionRoute route;
    private final Body body;
    private @Nullable Target target;
    private int retries;
    private boolean hasMoved;
    private long hedgeTimer = NO_TIMER;

    /// `newest` looks the version up in the newest table each time it is asked; `route` is what it said at
    /// last.
    Attempts(
            Caller caller,
            InferCall.Loop loop,
            Supplier<VersionRoute> newest,
            InferCall.Kind kind,
            LongSupplier leftMillis,
            VersionRoute route,
            Body body,
            End end) {
        this.caller = caller;
        this.loop = loop;
        this.newest = newest;
        this.kind = kind;
        this.leftMillis = leftMillis;
        this.route = route;
        this.body = body;
        this.end = end;
        this.priority = Priority.of(caller.headers().get(Headers.PRIORITY));
    }

    void start() {
        if (route.replicas().isEmpty()) {
            await();
        } else if (isPermitted()) {
            attempt();
        } else {
            refuseCrowded();
        }
    }

    /// The version that is called, or was last.
    VersionRoute route() {
        return route;
    }

    /// Gives back what is held; nothing is told any more. What still runs is for nobody: `fault` says what its
    /// worker did wrong, if it had at least `fairNanos`.
    void close(@Nullable Throwable fault, long fairNanos) {
        abandonAll(fault, fairNanos);
        cancelHedge();
        loop.room().leave(this);
        release();
    }

    private void abandonAll(@Nullable Throwable fault, long fairNanos) {
        var given = List.copyOf(running);
        running.clear();
        for (var call : given) {
            call.abandon(call.elapsedNanos() >= fairNanos ? fault : null);
        }
    }

    private void release() {
        if (target != null) {
            target.release(priority);
            target = null;
        }
    }

    /// Questions about a model cost a worker next to nothing, and would be taken for very short calls.
    private boolean isPermitted() {
        if (kind == InferCall.Kind.METADATA) {
            return true;
        }
        var wanted = loop.targets().of(route.path(), route.model(), route.number());
        if (!wanted.tryAcquire(priority)) {
            return false;
        }
        target = wanted;
        return true;
    }

    private void refuseCrowded() {
        loop.metrics().limited(priority);
        refuse(Problem.OVERLOADED, "has as many calls of this priority in flight as its replicas can take", 1);
    }

    /// No replica has the version: it is waited for if it is coming.
    private void await() {
        if (route.loading() == null) {
            refuse(Problem.VERSION_NOT_READY, "has no Ready replica and is being loaded by none", NOT_LOADED_SECONDS);
        } else if (loop.room().enter(this)) {
            loop.metrics().waited();
        } else {
            refuse(
                    Problem.VERSION_NOT_READY,
                    "is being loaded, and as many calls wait as may",
                    loop.room().secondsLeft(route));
        }
    }

    @Override
    public boolean look() {
        try {
            route = newest.get();
        } catch (ProblemException e) {
            end.refused(e);
            return true;
        }
        if (!route.replicas().isEmpty()) {
            // Those for whom there is no permit yet wait for one.
            if (!isPermitted()) {
                return false;
            }
            attempt();
            return true;
        }
        if (route.loading() == null) {
            refuse(Problem.VERSION_NOT_READY, "was being loaded, but is not any more", NOT_LOADED_SECONDS);
            return true;
        }
        return false;
    }

    private void attempt() {
        switch (pick(tried)) {
            case Pick.Picked(var replica) -> {
                send(replica);
                planHedge();
            }
            case Pick.NoneReady _ -> refuse(Problem.VERSION_NOT_READY, "has no Ready replica", 1);
            case Pick.AllBroken _ -> refuse(Problem.VERSION_NOT_READY, "has replicas, but none of them answers", 1);
            case Pick.AllBusy _ -> refuse(Problem.OVERLOADED, "has replicas, but none with room for another call", 1);
        }
    }

    private Pick pick(List<Replica> without) {
        return target == null
                ? Replicas.pick(route.replicas(), without, loop.random())
                : target.pick(route.replicas(), without, loop.random());
    }

    private void send(Replica replica) {
        tried.add(replica);
        Hold hold = target == null ? replica : target.attempt(replica, route.replicas());
        var call = new WorkerClient.Call(
                kind.method(),
                kind.path(route),
                caller.headers(),
                caller.requestId(),
                Math.max(1, leftMillis.getAsLong()),
                body);
        var attempt = loop.workers().attempt(replica, hold, this::ended);
        running.add(attempt);
        loop.workers().send(attempt, call);
    }

    /// Only beside a first attempt.
    private void planHedge() {
        if (target == null || !loop.hedging().enabled() || running.isEmpty()) {
            return;
        }
        long delayNanos = HedgePolicy.delayNanos(
                loop.hedging(),
                route.replicas().size(),
                target.quantileNanos(loop.hedging().percentile() / 100.0),
                leftMillis.getAsLong() * 1_000_000);
        if (delayNanos != HedgePolicy.NEVER) {
            hedgeTimer = loop.vertx().setTimer(Math.max(1, Math.ceilDiv(delayNanos, 1_000_000)), _ -> hedge());
        }
    }

    private void hedge() {
        hedgeTimer = NO_TIMER;
        if (pick(tried) instanceof Pick.Picked(var replica)) {
            if (retry(replica)) {
                loop.metrics().retried(GatewayMetrics.Retry.HEDGE);
                send(replica);
            }
        }
    }

    /// Spends a retry on an attempt at `replica`, or gives it back.
    private boolean retry(Replica replica) {
        if (!loop.retries().tryRetry()) {
            replica.released(0);
            loop.metrics().retryDenied();
            return false;
        }
        retries++;
        return true;
    }

    private void cancelHedge() {
        if (hedgeTimer != NO_TIMER) {
            loop.vertx().cancelTimer(hedgeTimer);
            hedgeTimer = NO_TIMER;
        }
    }

    /// An attempt has an outcome; on it hangs what is done next.
    private void ended(WorkerCall call, Outcome outcome) {
        // Those that were given up tell how they ended too.
        if (!running.remove(call)) {
            return;
        }
        if (outcome instanceof Outcome.Answered(var response)) {
            cancelHedge();
            abandonAll(null, 0);
            running.add(call);
            end.answered(call, response);
        } else if (!running.isEmpty()) {
            drop(call, outcome);
        } else {
            cancelHedge();
            failed(call, outcome);
        }
    }

    /// The other attempt may still answer.
    private static void drop(WorkerCall call, Outcome outcome) {
        if (outcome instanceof Outcome.Refused refused) {
            discard(call, refused.response());
        }
    }

    private void failed(WorkerCall call, Outcome outcome) {
        switch (outcome) {
            case Outcome.Answered(var response) -> end.answered(call, response);
            case Outcome.Refused refused -> {
                if (!movedOn(call, refused) && !triedAgain(call, outcome)) {
                    answerRefused(call, refused);
                }
            }
            case Outcome.Unreachable(var cause) -> {
                if (!triedAgain(call, outcome)) {
                    refuse(Problem.UPSTREAM_FAILED, "cannot be reached on its replica: " + cause.getMessage(), 1);
                }
            }
            case Outcome.Broken(var cause) -> {
                if (!triedAgain(call, outcome)) {
                    refuse(Problem.UPSTREAM_FAILED, "broke off before it answered: " + cause.getMessage(), 1);
                }
            }
            case Outcome.Crowded _ -> {
                if (!triedAgain(call, outcome)) {
                    refuse(Problem.OVERLOADED, "has no free connection to its replica", 1);
                }
            }
            case Outcome.Rejected(int status) -> {
                log.error("event=service-secret-refused worker={} status={}", call.replica(), status);
                refuse(Problem.UPSTREAM_FAILED, "was refused to the gateway itself by its replica", 1);
            }
        }
    }

    /// A promote may have moved the calls while this one was on its way to the version they went to before, or
    /// its worker was started again and loads it anew: then it follows the newest table, once. That is no retry
    /// and costs no budget: tables move rarely.
    private boolean movedOn(WorkerCall call, Outcome.Refused refused) {
        if (refused.refusal() != Outcome.Refusal.NOT_HELD || hasMoved) {
            return false;
        }
        var now = lookUp();
        boolean isLoaded = now.replicas().isEmpty() && now.loading() != null;
        if (now.version() == route.version() && !isLoaded) {
            return false;
        }
        hasMoved = true;
        route = now;
        tried.clear();
        loop.metrics().retried(GatewayMetrics.Retry.VERSION_MOVED);
        discard(call, refused.response());
        release();
        start();
        return true;
    }

    private VersionRoute lookUp() {
        try {
            return newest.get();
        } catch (ProblemException _) {
            // The newest table has no answer either: the refusal stands.
            return route;
        }
    }

    private boolean triedAgain(WorkerCall call, Outcome outcome) {
        var advice = RetryPolicy.advise(outcome, retries);
        if (advice == RetryPolicy.Advice.NO || leftMillis.getAsLong() < 1) {
            return false;
        }
        Pick pick = pick(tried);
        if (pick instanceof Pick.NoneReady && advice == RetryPolicy.Advice.ELSEWHERE_OR_AGAIN) {
            pick = pick(List.of());
        }
        if (!(pick instanceof Pick.Picked(var replica)) || !retry(replica)) {
            return false;
        }
        loop.metrics().retried(reason(outcome));
        drop(call, outcome);
        send(replica);
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

    /// The refusal is not the caller's: its connection can be used again if all of it came.
    private static void discard(WorkerCall call, WorkerAnswer response) {
        response.discard();
        call.completed(response.statusCode());
    }

    /// There was no other replica to ask. A worker's 404 would be wrong: the table knows the version.
    private void answerRefused(WorkerCall call, Outcome.Refused refused) {
        if (refused.response().statusCode() == 404) {
            discard(call, refused.response());
            refuse(Problem.VERSION_NOT_READY, "is not held by the replica that should have it", 1);
        } else {
            running.add(call);
            end.answered(call, refused.response());
        }
    }

    private void refuse(Problem problem, String what, int retryAfterSeconds) {
        end.refused(ProblemException.retryAfter(
                problem, "version " + route.model() + "/" + route.number() + " " + what, retryAfterSeconds));
    }
}
