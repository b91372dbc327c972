package io.presage.api.replicas;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One version as this gateway calls it: how many calls may be in flight, and which of its replicas are left alone
/// for a while. A call takes a permit by [#tryAcquire], makes its attempts at what [#pick] chooses, each with an
/// [#attempt] of its own, and gives the permit back by [#release].
///
/// Any thread. All that changes is guarded by this object's lock, which is held for some additions, and now and
/// then
/// for a judgement over all replicas; nothing waits inside. Windows end and ejections begin with the call that
/// shows
/// them, so a version that nobody calls costs nothing. Policies are apart: [ConcurrencyLimit], [Shares],
/// [EjectionPolicy].
public final class Target {
    private static final Logger log = LoggerFactory.getLogger(Target.class);

    /// A single call that takes this many floors says no more than that.
    private static final int FLOORS_MAX = 8;

    /// What the targets of a gateway share.
    ///
    /// @param isQuantileKept whether [#quantileNanos] will be asked
    record Terms(
            ConcurrencyLimit.Terms concurrency, Shares shares, EjectionPolicy.Terms ejection, boolean isQuantileKept) {}

    /// Hears of ejections, under the target's lock.
    interface Listener {
        void ejected(EjectionPolicy.Cause cause);
    }

    /// What was seen of one replica.
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

        void startInterval() {
            answers = 0;
            failures = 0;
            sumNanos = 0;
        }
    }

    private final String name;
    private final Terms terms;
    private final LongSupplier nanos;
    private final Listener listener;
    private final @Nullable LatencyQuantile quantile;

    /// Ejected, and when the first of them comes back. Read without the lock.
    private volatile Set<Replica> out = Set.of();

    private volatile long backNanos;

    @GuardedBy("this")
    private ConcurrencyLimit limit;

    @GuardedBy("this")
    private final int[] inFlight = new int[Priority.COUNT];

    @GuardedBy("this")
    private long windowStartNanos;

    @GuardedBy("this")
    private int calls;

    @GuardedBy("this")
    private double sumNanos;

    @GuardedBy("this")
    private int overloads;

    @GuardedBy("this")
    private int peak;

    @GuardedBy("this")
    private boolean isCrowded;

    @GuardedBy("this")
    private final Map<Replica, Seat> seats = new IdentityHashMap<>();

    @GuardedBy("this")
    private long judgedNanos;

    /// `name` is for logs: model and version.
    Target(String name, Terms terms, LongSupplier nanos, Listener listener) {
        this.name = name;
        this.terms = terms;
        this.nanos = nanos;
        this.listener = listener;
        this.quantile = terms.isQuantileKept() ? new LatencyQuantile() : null;
        long now = nanos.getAsLong();
        this.limit = ConcurrencyLimit.initial(terms.concurrency(), now);
        this.windowStartNanos = now;
        this.judgedNanos = now;
    }

    /// Takes a permit for one call; false when there is no room for its class.
    public synchronized boolean tryAcquire(Priority priority) {
        if (!terms.shares().admits(priority, limit.permits(terms.concurrency()), inFlight)) {
            isCrowded = true;
            return false;
        }
        inFlight[priority.ordinal()]++;
        peak = Math.max(peak, total());
        return true;
    }

    public synchronized void release(Priority priority) {
        inFlight[priority.ordinal()]--;
    }

    /// Picks one of `replicas`, the version's present ones, leaving out those in `tried`; one that is ejected only
    /// when none else can be called.
    public Pick pick(List<Replica> replicas, List<Replica> tried, RandomGenerator random) {
        var in = usable(replicas);
        var pick = Replicas.pick(in, tried, random);
        return pick instanceof Pick.Picked || in.size() == replicas.size()
                ? pick
                : Replicas.pick(replicas, tried, random);
    }

    private List<Replica> usable(List<Replica> replicas) {
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

    /// The permit for an attempt at `replica`, which was picked from `replicas`.
    public Hold attempt(Replica replica, List<Replica> replicas) {
        return new Attempt(replica, replicas);
    }

    private final class Attempt implements Hold {
        private final Replica replica;
        private final List<Replica> replicas;

        private Attempt(Replica replica, List<Replica> replicas) {
            this.replica = replica;
            this.replicas = replicas;
        }

        @Override
        public void answered(Answer answer, long elapsedNanos) {
            replica.answered(answer, elapsedNanos);
            seen(replica, replicas, answer, elapsedNanos);
        }

        @Override
        public void failed(long elapsedNanos, Throwable cause) {
            replica.failed(elapsedNanos, cause);
            seen(replica, replicas, null, elapsedNanos);
        }

        @Override
        public void released(long elapsedNanos) {
            replica.released(elapsedNanos);
            gaveUp(elapsedNanos);
        }
    }

    private synchronized void gaveUp(long elapsedNanos) {
        lasted(nanos.getAsLong(), elapsedNanos);
    }

    /// `answer` is null for a failure.
    private synchronized void seen(
            Replica replica, List<Replica> replicas, Hold.@Nullable Answer answer, long elapsedNanos) {
        long now = nanos.getAsLong();
        var seat = seats.computeIfAbsent(replica, _ -> new Seat());
        switch (answer) {
            case null -> {
                seat.consecutiveFailures++;
                seat.failures++;
                lasted(now, elapsedNanos);
            }
            case RUN -> {
                answered(seat);
                seat.sumNanos += elapsedNanos;
                seat.answers++;
                if (quantile != null) {
                    quantile.add(elapsedNanos);
                }
                sample(now, elapsedNanos);
            }
            case FULL -> {
                overloads++;
                endWindow(now);
            }
            case OTHER -> answered(seat);
        }
        if (now - judgedNanos >= terms.ejection().intervalNanos() || seat.consecutiveFailures > 0) {
            judge(replicas, now);
        }
    }

    private static void answered(Seat seat) {
        seat.consecutiveFailures = 0;
        seat.isSuspect = false;
    }

    /// A call that was not answered took at least so long: that says something if it is longer than usual.
    @GuardedBy("this")
    private void lasted(long now, long elapsedNanos) {
        if (limit.floorNanos() > 0 && elapsedNanos > limit.floorNanos()) {
            sample(now, elapsedNanos);
        }
    }

    /// Calls that began under an earlier limit say nothing about this one.
    @GuardedBy("this")
    private void sample(long now, long elapsedNanos) {
        if (now - elapsedNanos - windowStartNanos >= 0) {
            double floor = limit.floorNanos();
            sumNanos += floor > 0
                    ? Math.min(
                            elapsedNanos,
                            FLOORS_MAX * floor + terms.concurrency().queueingNanos())
                    : elapsedNanos;
            calls++;
            endWindow(now);
        }
    }

    @GuardedBy("this")
    private void endWindow(long now) {
        if (limit.isOver(now - windowStartNanos, calls, overloads)) {
            var window =
                    new ConcurrencyLimit.Window(calls, calls == 0 ? 0 : sumNanos / calls, overloads, peak, isCrowded);
            limit = limit.next(terms.concurrency(), window, now);
            windowStartNanos = now;
            calls = 0;
            sumNanos = 0;
            overloads = 0;
            peak = total();
            isCrowded = false;
        }
    }

    @GuardedBy("this")
    private int total() {
        int total = 0;
        for (int each : inFlight) {
            total += each;
        }
        return total;
    }

    @GuardedBy("this")
    private void judge(List<Replica> replicas, long now) {
        List<EjectionPolicy.Standing> standings = new ArrayList<>(replicas.size());
        for (var replica : replicas) {
            standings.add(seats.computeIfAbsent(replica, _ -> new Seat()).standing(now));
        }
        var verdicts = EjectionPolicy.judge(terms.ejection(), standings);
        for (var verdict : verdicts) {
            eject(replicas.get(verdict.replica()), verdict.cause(), now);
        }
        if (now - judgedNanos >= terms.ejection().intervalNanos()) {
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
        var seat = seats.computeIfAbsent(replica, _ -> new Seat());
        seat.ejections = seat.ejections.ejected(terms.ejection(), now);
        seat.consecutiveFailures = 0;
        seat.isSuspect = true;
        seat.startInterval();
        listener.ejected(cause);
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
        backNanos = now + (back == Long.MAX_VALUE ? 0 : back);
        out = Set.copyOf(next);
    }

    /// Nanoseconds that `share` of the latest calls did not exceed; -1 when it is not known.
    public synchronized long quantileNanos(double share) {
        return quantile == null ? -1 : quantile.at(share);
    }

    synchronized int permits() {
        return limit.permits(terms.concurrency());
    }

    synchronized int inFlight() {
        return total();
    }

    int ejected() {
        return out.size();
    }
}
