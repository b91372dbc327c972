package io.presage.api.replicas;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What was seen of one version's replicas, and which of them are left alone for a while. Ejections begin with
/// the call that shows them, and end when somebody asks after their time, so no timer is needed.
///
/// Any thread. What was seen is guarded by this object's lock; who is out is a snapshot that [#in] reads
/// without it.
final class Bench {
    private static final Logger log = LoggerFactory.getLogger(Bench.class);

    private static final class Seat {
        private Ejections ejections = Ejections.NONE;
        private boolean isSuspect;
        private int consecutiveFailures;
        private int answers;
        private int failures;
        private double sumNanos;

        EjectionPolicy.Standing standing(long nowNanos) {
            return new EjectionPolicy.Standing(
                    consecutiveFailures,
                    answers + failures,
                    failures,
                    answers == 0 ? 0 : sumNanos / answers,
                    ejections.isOut(nowNanos),
                    isSuspect);
        }

        void alive() {
            consecutiveFailures = 0;
            isSuspect = false;
        }

        void startInterval() {
            answers = 0;
            failures = 0;
            sumNanos = 0;
        }
    }

    private final String name;
    private final EjectionPolicy.Terms terms;
    private final LongSupplier nanos;
    private final Consumer<EjectionPolicy.Cause> listener;

    /// Ejected, and when the first of them comes back.
    private volatile Set<Replica> out = Set.of();

    private volatile long backNanos;

    @GuardedBy("this")
    private final Map<Replica, Seat> seats = new IdentityHashMap<>();

    @GuardedBy("this")
    private long judgedNanos;

    /// `name` is for logs; `listener` hears of ejections, under the lock.
    Bench(String name, EjectionPolicy.Terms terms, LongSupplier nanos, Consumer<EjectionPolicy.Cause> listener) {
        this.name = name;
        this.terms = terms;
        this.nanos = nanos;
        this.listener = listener;
        this.judgedNanos = nanos.getAsLong();
    }

    /// Of `replicas`, the version's present ones, those that are to be called.
    List<Replica> in(List<Replica> replicas) {
        if (out.isEmpty()) {
            return replicas;
        }
        if (nanos.getAsLong() - backNanos >= 0) {
            letBack();
        }
        var ejected = out;
        var in = replicas.stream().filter(replica -> !ejected.contains(replica)).toList();
        // The table may have lost those that were in.
        return in.size() * 2 < replicas.size() ? replicas : in;
    }

    int out() {
        return out.size();
    }

    /// One of `replicas` answered, or failed: then `answer` is null.
    synchronized void seen(
            Replica replica, List<Replica> replicas, Hold.@Nullable Answer answer, long elapsedNanos, long nowNanos) {
        var seat = seat(replica);
        switch (answer) {
            case null -> {
                seat.consecutiveFailures++;
                seat.failures++;
            }
            case RUN -> {
                seat.alive();
                seat.sumNanos += elapsedNanos;
                seat.answers++;
            }
            case OTHER -> seat.alive();
            case FULL -> {}
        }
        if (nowNanos - judgedNanos >= terms.intervalNanos() || answer == null) {
            judge(replicas, nowNanos);
        }
    }

    @GuardedBy("this")
    private Seat seat(Replica replica) {
        return seats.computeIfAbsent(replica, _ -> new Seat());
    }

    @GuardedBy("this")
    private void judge(List<Replica> replicas, long now) {
        List<EjectionPolicy.Standing> standings = new ArrayList<>(replicas.size());
        for (var replica : replicas) {
            standings.add(seat(replica).standing(now));
        }
        var verdicts = EjectionPolicy.judge(terms, standings);
        for (var verdict : verdicts) {
            eject(replicas.get(verdict.replica()), verdict.cause(), now);
        }
        if (now - judgedNanos >= terms.intervalNanos()) {
            judgedNanos = now;
            seats.keySet().retainAll(new HashSet<>(replicas));
            seats.values().forEach(Seat::startInterval);
        }
        if (!verdicts.isEmpty()) {
            refresh(now);
        }
    }

    @GuardedBy("this")
    private void eject(Replica replica, EjectionPolicy.Cause cause, long now) {
        var seat = seat(replica);
        seat.ejections = seat.ejections.ejected(terms, now);
        seat.consecutiveFailures = 0;
        seat.isSuspect = true;
        seat.startInterval();
        listener.accept(cause);
        log.warn(
                "event=replica-ejected version={} worker={} cause={} millis={}",
                name,
                replica.workerId(),
                cause,
                seat.ejections.lastNanos() / 1_000_000);
    }

    private synchronized void letBack() {
        refresh(nanos.getAsLong());
    }

    @GuardedBy("this")
    private void refresh(long now) {
        Set<Replica> next = new HashSet<>();
        long back = Long.MAX_VALUE;
        for (var entry : seats.entrySet()) {
            var ejections = entry.getValue().ejections;
            if (ejections.isOut(now)) {
                next.add(entry.getKey());
                back = Math.min(back, ejections.untilNanos() - now);
            }
        }
        backNanos = now + (next.isEmpty() ? 0 : back);
        out = Set.copyOf(next);
    }
}
