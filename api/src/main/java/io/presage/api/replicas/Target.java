package io.presage.api.replicas;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// One version as this gateway calls it: how many calls may be in flight, and which of its replicas are left
/// alone for a while. A call takes a permit by [#tryAcquire], makes its attempts at what [#pick] chooses, each
/// with an [#attempt] of its own, and gives the permit back by [#release].
///
/// Any thread. All that changes here is guarded by this object's lock, which is held for some additions; the
/// [Bench] has its own. A window ends with the call that shows its end, so a version that nobody calls costs
/// nothing. Policies are apart: [ConcurrencyLimit], [Shares], [EjectionPolicy].
public final class Target {
    /// A single call that takes this many floors says no more than that.
    private static final int FLOORS_MAX = 8;

    /// What the targets of a gateway share.
    ///
    /// @param isQuantileKept whether [#quantileNanos] will be asked
    record Terms(
            ConcurrencyLimit.Terms concurrency, Shares shares, EjectionPolicy.Terms ejection, boolean isQuantileKept) {}

    private final Terms terms;
    private final LongSupplier nanos;
    private final Bench bench;
    private final @Nullable LatencyQuantile quantile;

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

    /// `name` is for logs: model and version. `ejected` hears of ejections.
    Target(String name, Terms terms, LongSupplier nanos, Consumer<EjectionPolicy.Cause> ejected) {
        this.terms = terms;
        this.nanos = nanos;
        this.bench = new Bench(name, terms.ejection(), nanos, ejected);
        this.quantile = terms.isQuantileKept() ? new LatencyQuantile() : null;
        long now = nanos.getAsLong();
        this.limit = ConcurrencyLimit.initial(terms.concurrency(), now);
        this.windowStartNanos = now;
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

    /// Picks one of `replicas`, the version's present ones, leaving out those in `tried`; one that is ejected
    /// only when none else can be called.
    public Pick pick(List<Replica> replicas, List<Replica> tried, RandomGenerator random) {
        var in = bench.in(replicas);
        var pick = Replicas.pick(in, tried, random);
        return pick instanceof Pick.Picked || in.size() == replicas.size()
                ? pick
                : Replicas.pick(replicas, tried, random);
    }

    /// The hold of an attempt at `replica`, which was picked from `replicas`.
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
            measure(null, elapsedNanos, nanos.getAsLong());
        }
    }

    /// `answer` is null for a failure.
    private void seen(Replica replica, List<Replica> replicas, Hold.@Nullable Answer answer, long elapsedNanos) {
        long now = nanos.getAsLong();
        bench.seen(replica, replicas, answer, elapsedNanos, now);
        measure(answer, elapsedNanos, now);
    }

    private synchronized void measure(Hold.@Nullable Answer answer, long elapsedNanos, long now) {
        switch (answer) {
            case null -> lasted(now, elapsedNanos);
            case RUN -> {
                if (quantile != null) {
                    quantile.add(elapsedNanos);
                }
                sample(now, elapsedNanos);
            }
            case FULL -> {
                overloads++;
                endWindow(now);
            }
            case OTHER -> {}
        }
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
        return bench.out();
    }
}
