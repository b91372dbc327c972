package io.presage.api.replicas;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A gateway's [Target], its real replicas with their circuits, and workers that queue: on a virtual clock,
/// with chance from a seed.
final class TrafficSimulation {
    static final long MILLI = 1_000_000;
    static final long SECOND = 1_000_000_000;
    static final ReplicaProperties PROPERTIES = properties(8, 512, 4096);

    static ReplicaProperties properties(int min, int initial, int max) {
        return new ReplicaProperties(
                100_000,
                20,
                5,
                50,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                new ConcurrencyProperties(
                        min, initial, max, 200, Duration.ofMillis(50), Duration.ofSeconds(10), 20, 10, 5),
                new EjectionProperties(
                        5,
                        Duration.ofSeconds(1),
                        20,
                        30,
                        3,
                        Duration.ofMillis(20),
                        Duration.ofSeconds(2),
                        Duration.ofMinutes(1)));
    }

    private record Event(long nanos, long order, Runnable action) {}

    /// How a worker takes a call: milliseconds that it runs, or a failure.
    interface Service {
        double millis(long nowNanos);
    }

    static final double FAILS = -1;

    /// `lanes` calls run at once; others wait in line, those past their deadline are not run.
    final class Worker {
        private record Job(long deadlineNanos, Consumer<String> done) {}

        private final int lanes;
        private final int queueMax;
        private final Service service;
        private final Queue<Job> queue = new ArrayDeque<>();
        private int running;

        Worker(int lanes, int queueMax, Service service) {
            this.lanes = lanes;
            this.queueMax = queueMax;
            this.service = service;
        }

        /// `done` hears `ok`, `full` or `failed`, or nothing when the deadline has passed.
        void call(long deadlineNanos, Consumer<String> done) {
            if (running < lanes) {
                run(new Job(deadlineNanos, done));
            } else if (queue.size() < queueMax) {
                queue.add(new Job(deadlineNanos, done));
            } else {
                after(MILLI / 4, () -> done.accept("full"));
            }
        }

        private void run(Job job) {
            double millis = service.millis(now);
            if (millis < 0) {
                after(MILLI / 4, () -> job.done().accept("failed"));
                return;
            }
            running++;
            after((long) (millis * MILLI), () -> {
                running--;
                job.done().accept("ok");
                next();
            });
        }

        private void next() {
            while (running < lanes) {
                var job = queue.poll();
                if (job == null) {
                    return;
                }
                if (job.deadlineNanos() > now) {
                    run(job);
                }
            }
        }
    }

    /// What happened since the last line of a report.
    static final class Tally {
        int offered;
        int refused;
        int late;
        int failed;
        int hedged;
        final List<Long> okNanos = new ArrayList<>();
        final int[] okOfClass = new int[Priority.COUNT];

        String millis(double share) {
            if (okNanos.isEmpty()) {
                return "-";
            }
            okNanos.sort(Comparator.naturalOrder());
            return "%.0f".formatted(okNanos.get((int) (share * (okNanos.size() - 1))) / (double) MILLI);
        }
    }

    private final class SimulatedClock extends Clock {
        @Override
        public Instant instant() {
            return Instant.EPOCH.plusNanos(now);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    final SplittableRandom random = new SplittableRandom(42);
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::nanos).thenComparingLong(Event::order));
    final List<Worker> workers = new ArrayList<>();
    final List<Replica> replicas = new ArrayList<>();
    final Target target;
    Tally tally = new Tally();
    private long now;
    private long order;

    TrafficSimulation(ReplicaProperties properties) {
        target = target(properties);
    }

    Target target(ReplicaProperties properties) {
        return new Target(
                "m/1",
                new Target.Terms(
                        properties.concurrency().terms(),
                        properties.concurrency().shares(),
                        properties.ejection().terms(),
                        true),
                () -> now,
                _ -> {});
    }

    TrafficSimulation worker(int lanes, int queueMax, Service service) {
        workers.add(new Worker(lanes, queueMax, service));
        String id = "w" + workers.size();
        var config = Replicas.circuits(PROPERTIES)
                .clock(new SimulatedClock())
                .currentTimestampFunction(Clock::millis, TimeUnit.MILLISECONDS)
                .build();
        replicas.add(new Replica(id, "h", workers.size(), 100_000, CircuitBreaker.of(id, config)));
        return this;
    }

    /// Exponential around a mean.
    double about(double millis) {
        return -Math.log(1 - random.nextDouble()) * millis;
    }

    long now() {
        return now;
    }

    void after(long nanos, Runnable action) {
        events.add(new Event(now + nanos, order++, action));
    }

    void runUntil(long nanos) {
        while (!events.isEmpty() && events.peek().nanos() <= nanos) {
            var event = events.remove();
            now = event.nanos();
            event.action().run();
        }
        now = nanos;
    }

    Tally startTally() {
        var finished = tally;
        tally = new Tally();
        return finished;
    }

    /// Calls arrive at chance, so many a second, from now until `untilNanos`.
    void load(double callsPerSecond, long untilNanos, Consumer<TrafficSimulation> call) {
        long next = (long) (about(1000 / callsPerSecond) * MILLI);
        if (now + next < untilNanos) {
            after(next, () -> {
                call.accept(this);
                load(callsPerSecond, untilNanos, call);
            });
        }
    }

    /// A caller that calls again as soon as it has its answer, or 5 ms after a refusal.
    void caller(Priority priority, long deadlineNanos) {
        call(target, priority, deadlineNanos, ok -> after(ok ? 1 : 5 * MILLI, () -> caller(priority, deadlineNanos)));
    }

    void call(Priority priority, long deadlineNanos) {
        call(target, priority, deadlineNanos, _ -> {});
    }

    void call(Target through, Priority priority, long deadlineNanos, Consumer<Boolean> done) {
        tally.offered++;
        if (!through.tryAcquire(priority)) {
            tally.refused++;
            done.accept(false);
            return;
        }
        new Call(through, priority, now + deadlineNanos, done).attempt();
    }

    /// One admitted call with one attempt, and maybe a hedge.
    final class Call {
        private final Target through;
        private final Priority priority;
        private final long arrived = now;
        private final long deadlineNanos;
        private final Consumer<Boolean> done;
        private final List<Replica> tried = new ArrayList<>();
        private boolean isOver;

        Call(Target through, Priority priority, long deadlineNanos, Consumer<Boolean> done) {
            this.through = through;
            this.priority = priority;
            this.deadlineNanos = deadlineNanos;
            this.done = done;
            after(deadlineNanos - now, () -> {
                if (!isOver) {
                    tally.late++;
                    over(false);
                }
            });
        }

        boolean isOver() {
            return isOver;
        }

        boolean attempt() {
            if (!(through.pick(replicas, tried, random) instanceof Pick.Picked(var replica))) {
                if (tried.isEmpty()) {
                    tally.refused++;
                    over(false);
                }
                return false;
            }
            tried.add(replica);
            var hold = through.attempt(replica, replicas);
            long began = now;
            var open = new boolean[] {true};
            workers.get(replicas.indexOf(replica)).call(deadlineNanos, outcome -> {
                if (!open[0]) {
                    return;
                }
                open[0] = false;
                if (isOver) {
                    hold.released(now - began);
                    return;
                }
                switch (outcome) {
                    case "ok" -> {
                        hold.answered(Hold.Answer.RUN, now - began);
                        tally.okNanos.add(now - arrived);
                        tally.okOfClass[priority.ordinal()]++;
                        over(true);
                    }
                    case "full" -> {
                        hold.answered(Hold.Answer.FULL, now - began);
                        tally.refused++;
                        over(false);
                    }
                    default -> {
                        hold.failed(now - began, new IllegalStateException("simulated"));
                        tally.failed++;
                        over(false);
                    }
                }
            });
            after(deadlineNanos - now, () -> {
                if (open[0]) {
                    open[0] = false;
                    hold.released(now - began);
                }
            });
            return true;
        }

        private void over(boolean ok) {
            isOver = true;
            through.release(priority);
            done.accept(ok);
        }
    }
}
