package io.presage.worker.batching;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Which waiting calls run next. Pure.
///
/// **Order.** Priority, then deadline, then arrival; with equal timeouts, first come first served. The first
/// call leads and always runs. So that a flood of `high` cannot starve the others, every fourth turn is led by
/// the first `normal` or lower call and every sixteenth by the first `low` one, if there is any: `low` has at
/// least a sixteenth of the turns, and what it does not use is nobody's loss.
///
/// **Company.** Later calls of the leader's group go with it while they pay. Rows are joined by padding to the
/// longest: a call joins when what the padding adds costs less than a run of its own would (`b`). A call that is
/// passed over for its length leads in its turn. Where rows are not padded, a call that does not fit is not
/// overtaken by a smaller one.
///
/// **Full.** A batch is full at `rowsMax`, `tokensMax` or `bytesMax`; when a run's fixed cost is spread so thin
/// that more company saves less than 3 % (`units >= b / (0.03 a)`), so that a model that does not gain is not
/// batched; and at the version's share of a lane: what waits, runs and is about to come back, divided by its
/// lanes, so that one lane does not take all and leave crumbs to the next. While all runs are of one size
/// nobody can know what another
/// would cost: until the line is sure, every eighth turn tries twice as large a batch as pays, or the leader
/// alone.
///
/// **Waiting.** A fixed window is counted from the leader's arrival, and ends only with it or at the bounds. With
/// the learned one a free lane waits for company only while it pays: with n rows here and one more expected in
/// t, while `(n + 1) t + n a < b`; and no longer than the time at which even an arrival would not pay any more.
/// With k rows just answered, whose callers usually come back within w, the same sum is
/// `(n + k) w / k + n a < b`. A lone caller that waits for its answers is never made to wait: its t is at least
/// `a + b`, and when it has come back, k is 0.
///
/// **Waiting for a share.** Beyond that, a lane that finds only n of the m rows of its share, while the others
/// are about to come back, waits for them when they are expected in less than `b (1 - n / m)`, the part of the
/// fixed cost that they would bear. Otherwise the n run as a small batch, the others become the next one, and
/// callers that come in three parts on two lanes stay so for ever. Only callers that come back together are
/// waited for, within most of b; those who do not know of each other's answers do not.
final class BatchPolicy {
    /// Dead calls are looked for, and company is, among so many from the front.
    private static final int LOOKED_AT_MAX = 1024;

    private static final double OVERSHOOT = 1.25;
    /// Of a run's fixed cost: who takes longer to come back is not waited for as part of a lane's share.
    private static final double AWAY_MAX = 0.75;
    /// Of a run: less is not worth the wait.
    private static final double SAVED_MIN = 0.01;
    private static final int NORMAL_LEADS_EACH = 4;
    private static final int LOW_LEADS_EACH = 16;
    private static final int TRIES_EACH = 8;
    private static final int[] NONE = {};
    private static final int[] FIRST = {0};

    private BatchPolicy() {}

    /// One waiting call, as the policy sees it.
    interface Waiting {
        int rows();

        /// Tokens of one row, all of the call's padded alike; 0 where rows are not padded.
        int length();

        long bytes();

        long groupKey();

        Priority priority();

        long arrivalNanos();

        /// Not run at or after this time.
        long deadlineNanos();

        /// Nobody waits for the answer any more.
        boolean isAbandoned();

        /// What one row counts in the cost of a run: 1 or more, the length where there is one.
        int unitsPerRow();

        /// What the cost of a run grows with.
        default long units() {
            return (long) rows() * unitsPerRow();
        }
    }

    /// What the policy knows beside the queue.
    ///
    /// @param turn counts the version's turns
    /// @param lanes batches that may run at once
    /// @param unitsRunning of the version, on other lanes
    /// @param line what runs cost
    /// @param isSure whether the line is known from runs of different sizes
    /// @param arrivals what is expected; read only
    /// @param freeNanos when the lane became free
    /// @param mayWait false when the version is being closed
    record Moment(
            long nowNanos,
            long turn,
            int lanes,
            long unitsRunning,
            CostLine.Line line,
            boolean isSure,
            Arrivals arrivals,
            long freeNanos,
            boolean mayWait) {}

    /// Indexes into the queue, ascending.
    ///
    /// @param dropped late or abandoned: to be answered without a run
    /// @param batch to be run now; empty when there is nothing to run yet
    /// @param wakeNanos when `batch` is empty: look again then, [Long#MAX_VALUE] for "when something arrives"
    /// @param wakeUnits before `wakeNanos`, look again when so many units wait, or nobody else is expected
    record Cut(int[] dropped, int[] batch, long wakeNanos, long wakeUnits) {
        /// Both, ascending.
        int[] removed() {
            if (dropped.length == 0) {
                return batch;
            }
            var all = Arrays.copyOf(dropped, dropped.length + batch.length);
            System.arraycopy(batch, 0, all, dropped.length, batch.length);
            Arrays.sort(all);
            return all;
        }
    }

    static Cut cut(CallQueue<?> queue, BatchLimits limits, Moment moment) {
        int leader = leader(queue, moment);
        // The usual case where runs are quicker than arrivals.
        if (leader == 0 && queue.size() == 1 && limits.windowNanos() <= 0) {
            var call = queue.get(0);
            if (limits.windowNanos() == 0
                    || (savedMax(moment, call.units()) <= 0 && moment.arrivals.echoRows(moment.nowNanos) == 0)) {
                return new Cut(NONE, FIRST, moment.nowNanos, 0);
            }
        }
        var batch = new Batch(queue, limits, moment, leader);
        batch.look();
        var dropped = Arrays.copyOf(batch.dropped, batch.droppedCount);
        Arrays.sort(dropped);
        if (leader < 0) {
            return new Cut(dropped, NONE, dropped.length < queue.size() ? moment.nowNanos : Long.MAX_VALUE, 0);
        }
        long wakeNanos = batch.wakeNanos();
        // Waiting past somebody's deadline for company would be a strange favour.
        if (wakeNanos - moment.nowNanos > 0 && batch.firstDeadlineNanos - wakeNanos > 0) {
            return new Cut(dropped, NONE, wakeNanos, batch.wakeUnits);
        }
        var taken = Arrays.copyOf(batch.taken, batch.takenCount);
        Arrays.sort(taken);
        return new Cut(dropped, taken, moment.nowNanos, 0);
    }

    private static boolean isDead(Waiting call, long nowNanos) {
        return call.deadlineNanos() - nowNanos <= 0 || call.isAbandoned();
    }

    /// -1 when no call is alive.
    private static int leader(CallQueue<?> queue, Moment moment) {
        var leads = moment.turn % LOW_LEADS_EACH == LOW_LEADS_EACH - 1
                ? Priority.LOW
                : moment.turn % NORMAL_LEADS_EACH == NORMAL_LEADS_EACH - 1 ? Priority.NORMAL : Priority.HIGH;
        int first = queue.firstOf(leads);
        int leader = firstAlive(queue, first, queue.size(), moment.nowNanos);
        return leader >= 0 ? leader : firstAlive(queue, 0, first, moment.nowNanos);
    }

    private static int firstAlive(CallQueue<?> queue, int from, int to, long nowNanos) {
        for (int i = from; i < to; i++) {
            if (!isDead(queue.get(i), nowNanos)) {
                return i;
            }
        }
        return -1;
    }

    /// Nanoseconds of waiting that one more row is worth, at most: `b - n a`.
    private static double savedMax(Moment moment, double units) {
        return moment.line.nanosPerCall() - moment.line.nanosPerUnit() * units;
    }

    /// The batch as it grows.
    private static final class Batch {
        private final CallQueue<?> queue;
        private final BatchLimits limits;
        private final Moment moment;
        private final int leader;
        private final @Nullable Waiting first;
        private final boolean isFixedWindow;
        private int[] dropped = NONE;
        private int droppedCount;
        private int[] taken = NONE;
        private int takenCount;
        private long firstDeadlineNanos = Long.MAX_VALUE;
        private int rows;
        private int length;
        private double units;
        private double bytes;
        /// At which the batch is full.
        private double unitsMax = Double.MAX_VALUE;
        /// Of callers who were just answered and are about to come back.
        private double unitsBack;

        private long wakeUnits;
        private boolean isFull;
        /// Full for a bound's sake, not only because more does not pay.
        private boolean isAtBound;

        Batch(CallQueue<?> queue, BatchLimits limits, Moment moment, int leader) {
            this.queue = queue;
            this.limits = limits;
            this.moment = moment;
            this.leader = leader;
            this.first = leader < 0 ? null : queue.get(leader);
            this.isFixedWindow = limits.windowNanos() > 0;
        }

        void look() {
            if (first != null) {
                rows = first.rows();
                length = first.length();
                units = first.units();
                bytes = first.bytes();
                take(leader, first);
            }
            if (!isFixedWindow) {
                unitsBack = unitsBack();
                unitsMax = Math.min(unitsWanted(), unitsOfALane());
            }
            isAtBound = rows >= limits.rowsMax();
            isFull = isAtBound || units >= unitsMax;
            int lookedAt = Math.min(queue.size(), LOOKED_AT_MAX);
            // From the leader on, then those before it: on a reserved turn its own kind goes first.
            for (int j = 0; j < lookedAt; j++) {
                int i = (Math.max(leader, 0) + j) % queue.size();
                var call = queue.get(i);
                if (isDead(call, moment.nowNanos)) {
                    drop(i);
                } else if (first != null && i != leader && !isFull && call.groupKey() == first.groupKey()) {
                    consider(i, call);
                }
            }
        }

        private void consider(int index, Waiting call) {
            int joinedRows = rows + call.rows();
            int joinedLength = Math.max(length, call.length());
            double joinedUnits = joinedLength > 0 ? (double) joinedRows * joinedLength : units + call.units();
            double joinedBytes = (bytes + call.bytes()) * joinedUnits / (units + call.units());
            var isTooMuch = joinedBytes > limits.bytesMax()
                    || (joinedLength > 0 && joinedUnits > limits.tokensMax())
                    // Nearer to what is wanted without it.
                    || joinedUnits > OVERSHOOT * unitsMax
                    || units + joinedUnits > 2 * unitsMax;
            if (joinedRows > limits.rowsMax() || (isTooMuch && length == 0)) {
                isFull = true;
                isAtBound = true;
                return;
            }
            double padding = joinedUnits - units - call.units();
            if (isTooMuch || (padding > 0 && padding * moment.line.nanosPerUnit() >= moment.line.nanosPerCall())) {
                return;
            }
            rows = joinedRows;
            length = joinedLength;
            units = joinedUnits;
            bytes = joinedBytes;
            isAtBound = rows >= limits.rowsMax();
            isFull = isAtBound || units >= unitsMax;
            take(index, call);
        }

        private double unitsWanted() {
            double pay = moment.line.unitsThatPay();
            long trial = moment.turn % (2 * TRIES_EACH);
            if (moment.isSure || trial % TRIES_EACH != TRIES_EACH - 2) {
                return pay;
            }
            return trial < TRIES_EACH ? 2 * Math.max(pay, units) : units;
        }

        private double unitsOfALane() {
            return moment.lanes == 1
                    ? Double.MAX_VALUE
                    : (queue.units() + moment.unitsRunning + unitsBack) / moment.lanes;
        }

        /// Who is away for most of what a run's fixed cost takes is not worth waiting for.
        private double unitsBack() {
            var row = first;
            if (row == null || limits.windowNanos() == 0 || !moment.mayWait) {
                return 0;
            }
            var arrivals = moment.arrivals;
            var isSoon = arrivals.isEcho(AWAY_MAX * moment.line.nanosPerCall())
                    && arrivals.echoLateNanos() - moment.nowNanos > 0;
            return isSoon ? (double) arrivals.echoRows(moment.nowNanos) * row.unitsPerRow() : 0;
        }

        /// Not after now when there is nothing to wait for.
        long wakeNanos() {
            if (first == null || !moment.mayWait || limits.windowNanos() == 0 || isAtBound) {
                return moment.nowNanos;
            }
            if (isFixedWindow) {
                return first.arrivalNanos() + limits.windowNanos();
            }
            long forShareNanos = forShareNanos(first);
            long forSomeNanos = forSomeNanos(first);
            if (forShareNanos - forSomeNanos > 0) {
                wakeUnits = (long) unitsReached(first);
                return forShareNanos;
            }
            return forSomeNanos;
        }

        /// Who takes less than the lane's share leaves crumbs to the next run. What waiting for the rest of it
        /// saves is the part of a run's fixed cost that they would bear.
        private long forShareNanos(Waiting first) {
            double reached = unitsReached(first);
            double saved = moment.line.nanosPerCall() * (1 - units / reached);
            var arrivals = moment.arrivals;
            var isWorthIt = reached > units
                    // What is left in the queue is work enough for the next run, and like what would come.
                    && takenCount + droppedCount == queue.size()
                    && saved > SAVED_MIN * moment.line.nanos(reached)
                    && arrivals.echoAtNanos() - moment.nowNanos < saved;
            // Who has not come by twice the usual time has left.
            return isWorthIt ? Math.min(moment.nowNanos + (long) saved, arrivals.echoLateNanos()) : moment.nowNanos;
        }

        /// Of the batch, if those who are expected come and are like its leader.
        private double unitsReached(Waiting first) {
            int each = first.unitsPerRow();
            double most = Math.min(units + unitsBack, (double) limits.rowsMax() * each);
            double nearest = Math.min(OVERSHOOT * unitsMax, unitsMax + each / 2.0);
            return Math.floor(Math.min(most, nearest) / each) * each;
        }

        private long forSomeNanos(Waiting first) {
            double saved = savedMax(moment, units);
            if (saved <= 0) {
                return moment.nowNanos;
            }
            long sinceNanos = moment.freeNanos + Math.max(first.arrivalNanos() - moment.freeNanos, 0);
            var arrivals = moment.arrivals;
            double each = saved / (rows + 1.0);
            long forOneNanos = arrivals.gapNanos() < each ? sinceNanos + (long) each : moment.nowNanos;
            int back = arrivals.echoRows(moment.nowNanos);
            double all = saved * back / (rows + back);
            if (back == 0 || arrivals.echoAtNanos() - moment.nowNanos >= all) {
                return forOneNanos;
            }
            long forAllNanos = Math.min(sinceNanos + (long) all, arrivals.echoLateNanos());
            return forAllNanos - forOneNanos > 0 ? forAllNanos : forOneNanos;
        }

        private void take(int index, Waiting call) {
            if (takenCount == taken.length) {
                taken = Arrays.copyOf(taken, Math.max(8, 2 * takenCount));
            }
            taken[takenCount++] = index;
            firstDeadlineNanos = Math.min(firstDeadlineNanos, call.deadlineNanos());
        }

        private void drop(int index) {
            if (droppedCount == dropped.length) {
                dropped = Arrays.copyOf(dropped, Math.max(8, 2 * droppedCount));
            }
            dropped[droppedCount++] = index;
        }
    }
}
