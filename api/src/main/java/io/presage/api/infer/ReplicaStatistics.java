package io.presage.api.infer;

import io.presage.api.access.Grant;
import io.presage.api.forward.Outcome;
import io.presage.api.forward.WorkerAnswer;
import io.presage.api.forward.WorkerCall;
import io.presage.api.forward.WorkerClient;
import io.presage.api.limits.Bodies;
import io.presage.api.replicas.Pick;
import io.presage.api.replicas.Replica;
import io.presage.api.replicas.Replicas;
import io.presage.api.routes.ModelRoute;
import io.presage.api.routes.RoutingIndex;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Statistics of versions over all their replicas (Triton's statistics extension): asks every worker that has one,
/// a few at a time, and adds up what comes within the deadline. Who did not answer is told by number, not guessed.
///
/// What is held at a time is bounded by the answers on their way and the sum; sums are made on worker threads, one
/// after the other. One per event loop, and everything else on it.
final class ReplicaStatistics {
    private static final int WORKERS_AT_ONCE = 4;
    private static final int QUESTIONS_MAX = 4;
    private static final long ANSWER_BYTES_MAX = 16 << 20;

    private final Vertx vertx;
    private final WorkerClient workers;
    private final Bodies bodies;
    private final RandomGenerator random;
    private int questions;

    ReplicaStatistics(Vertx vertx, WorkerClient workers, Bodies bodies, RandomGenerator random) {
        this.vertx = vertx;
        this.workers = workers;
        this.bodies = bodies;
        this.random = random;
    }

    /// Of one version, of a model's, or of all that `grant` may see: JSON as Triton has it.
    ///
    /// @param model null for all
    /// @param version a number or an alias; null for all of the model
    /// @throws ProblemException MODEL_NOT_FOUND, VERSION_NOT_FOUND, VERSION_NOT_READY, OVERLOADED
    Future<Buffer> of(
            RoutingIndex index,
            Grant grant,
            @Nullable String model,
            @Nullable String version,
            String requestId,
            long millis) {
        if (questions >= QUESTIONS_MAX) {
            throw ProblemException.retryAfter(
                    Problem.OVERLOADED, questions + " questions for statistics are being answered", 1);
        }
        var replicas = new LinkedHashSet<Replica>();
        String path;
        if (model == null) {
            index.models().stream().filter(one -> grant.covers(one.name())).forEach(one -> addAll(replicas, one));
            path = "/v2/models/stats";
        } else if (version == null) {
            addAll(replicas, index.model(model));
            path = "/v2/models/" + model + "/stats";
        } else {
            var route = index.model(model).version(version);
            replicas.addAll(route.replicas());
            path = route.path() + "/stats";
        }
        if (replicas.isEmpty() && model != null) {
            throw ProblemException.retryAfter(
                    Problem.VERSION_NOT_READY,
                    "model " + model + (version == null ? "" : "/" + version) + " has no Ready replica",
                    1);
        }
        return new Question(grant, path, requestId, millis, replicas).ask();
    }

    private static void addAll(Collection<Replica> replicas, ModelRoute model) {
        model.versions().forEach(version -> replicas.addAll(version.replicas()));
    }

    /// One client's question, put to many.
    private final class Question {
        private final String path;
        private final String requestId;
        private final long millis;
        private final Queue<Replica> left;
        private final List<Part> parts = new ArrayList<>();
        private final Promise<Buffer> answer = Promise.promise();
        private final StatisticsSum sum;
        private final int asked;
        private int open;
        private boolean isOver;
        private long timer;

        Question(Grant grant, String path, String requestId, long millis, Collection<Replica> replicas) {
            this.path = path;
            this.requestId = requestId;
            this.millis = millis;
            this.left = new ArrayDeque<>(replicas);
            this.asked = replicas.size();
            this.sum = new StatisticsSum(grant, asked);
        }

        Future<Buffer> ask() {
            questions++;
            timer = vertx.setTimer(millis, _ -> end());
            askNext();
            return answer.future();
        }

        private void askNext() {
            while (!isOver && open < WORKERS_AT_ONCE && !left.isEmpty()) {
                ask(left.remove());
            }
            if (open == 0) {
                end();
            }
        }

        private void ask(Replica replica) {
            if (Replicas.pick(List.of(replica), List.of(), random) instanceof Pick.Picked(var picked)) {
                open++;
                var part = new Part(this);
                parts.add(part);
                part.ask(picked);
            }
        }

        private void heard(@Nullable Buffer statistics) {
            if (statistics == null || isOver) {
                closed();
                return;
            }
            var bytes = statistics.getBytes();
            vertx.executeBlocking(() -> sum.add(bytes)).onComplete(_ -> closed());
        }

        private void closed() {
            open--;
            askNext();
        }

        private void end() {
            if (isOver) {
                return;
            }
            isOver = true;
            questions--;
            vertx.cancelTimer(timer);
            parts.forEach(Part::abandon);
            // After every sum that was begun.
            vertx.executeBlocking(this::result).onComplete(answer);
        }

        private Buffer result() {
            if (sum.answered() == 0 && asked > 0) {
                throw ProblemException.retryAfter(
                        Problem.UPSTREAM_FAILED, "no worker said its statistics within " + millis + " ms", 1);
            }
            return Buffer.buffer(sum.json());
        }
    }

    /// One worker's share. It is heard of exactly once.
    private final class Part {
        private final Question question;
        private final Pieces pieces = new Pieces(ANSWER_BYTES_MAX);
        private @Nullable WorkerCall call;
        private boolean isHeard;

        Part(Question question) {
            this.question = question;
        }

        void ask(Replica picked) {
            var attempt = workers.attempt(picked, picked, (_, outcome) -> ended(outcome));
            call = attempt;
            workers.send(
                    attempt,
                    new WorkerClient.Call(
                            HttpMethod.GET,
                            question.path,
                            MultiMap.caseInsensitiveMultiMap(),
                            question.requestId,
                            question.millis,
                            bodies.made(Buffer.buffer())));
        }

        private void ended(Outcome outcome) {
            switch (outcome) {
                case Outcome.Answered(var response) -> read(response);
                case Outcome.Refused refused -> read(refused.response());
                case Outcome.Rejected _, Outcome.Unreachable _, Outcome.Broken _, Outcome.Crowded _ -> heard(null);
            }
        }

        private void read(WorkerAnswer response) {
            response.handler(piece -> {
                if (!pieces.add(piece)) {
                    abandon();
                    heard(null);
                }
            });
            response.exceptionHandler(cause -> {
                if (call != null) {
                    call.failed(cause);
                }
                heard(null);
            });
            response.endHandler(_ -> {
                if (call != null) {
                    call.completed(response.statusCode());
                }
                heard(response.statusCode() == 200 ? pieces.whole() : null);
            });
            response.resume();
        }

        private void heard(@Nullable Buffer statistics) {
            if (!isHeard) {
                isHeard = true;
                question.heard(statistics);
            }
        }

        void abandon() {
            if (call != null) {
                call.abandon(null);
            }
        }
    }
}
