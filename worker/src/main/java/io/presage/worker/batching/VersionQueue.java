package io.presage.worker.batching;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The calls that wait for one version, and the instances that run them. It has no thread: it asks the worker's
/// [RunPool] for turns, each of which is one batch on one instance, chosen by [BatchPolicy].
///
/// State, all guarded by `lock`: the queue; `turnsOut`, the turns that were asked for or run, never more than
/// there are lanes, of which `turnsAsked` have not begun; and at most one agreed time (`wakeNanos`) at which a
/// turn is wanted because waiting for company pays. While calls wait, there is a turn out or such a time; an
/// arrival makes that time a turn at once, because it may fill the batch, unless several are known to be missing
/// (`wakeUnits`). Instances are used by the thread that took them under the lock, until it gives them back under
/// it.
///
/// A full queue refuses at once. An eighth of it is every priority's own; beyond that a call of a higher priority
/// takes the place of the last of the lower ones, which is refused then.
/// After [#close] nothing is taken any more, what waits is still run, and whoever sees the end closes the
/// instances.
public final class VersionQueue implements TurnList.Work, AutoCloseable {
    private static final long NO_WAKE = Long.MAX_VALUE;
    /// Of the queue, one part is every priority's own.
    private static final int QUEUE_PARTS = 8;

    private static final Priority[] PRIORITIES = Priority.values();

    private final String name;
    private final BatchLimits limits;
    private final BatchObserver observer;
    private final RunTurns pool;
    private final Supplier<Optional<LoadedModel>> another;
    private final LongSupplier nanos;
    private final TurnList.Seat seat = new TurnList.Seat(this);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition closed = lock.newCondition();

    @GuardedBy("lock")
    private final Lanes lanes;

    @GuardedBy("lock")
    private final CallQueue<BatchCall> queue = new CallQueue<>();

    @GuardedBy("lock")
    private final Arrivals arrivals = new Arrivals();

    @GuardedBy("lock")
    private final CostLine cost;

    @GuardedBy("lock")
    private int turnsOut;

    @GuardedBy("lock")
    private int turnsAsked;

    @GuardedBy("lock")
    private long wakeNanos = NO_WAKE;

    /// Before `wakeNanos`, a turn is wanted when so many units wait, or nobody else is expected.
    @GuardedBy("lock")
    private long wakeUnits;

    /// The last time that the pool was asked for.
    @GuardedBy("lock")
    private long armedNanos = NO_WAKE;

    @GuardedBy("lock")
    private long turns;

    @GuardedBy("lock")
    private long unitsRunning;

    @GuardedBy("lock")
    private long freeNanos;

    @GuardedBy("lock")
    private boolean isClosing;

    @GuardedBy("lock")
    private boolean isClosed;

    /// The instances of `lanes` belong to the queue from here on. `prior`: what runs cost, as measured before.
    public VersionQueue(
            String name,
            Lanes lanes,
            BatchLimits limits,
            CostLine.Line prior,
            BatchObserver observer,
            RunPool pool,
            LongSupplier nanos) {
        this(name, lanes, limits, prior, observer, (RunTurns) pool, nanos);
    }

    VersionQueue(
            String name,
            Lanes lanes,
            BatchLimits limits,
            CostLine.Line prior,
            BatchObserver observer,
            RunTurns pool,
            LongSupplier nanos) {
        this.name = name;
        this.lanes = lanes;
        this.another = lanes.another();
        this.limits = limits;
        this.cost = new CostLine(prior);
        this.observer = observer;
        this.pool = pool;
        this.nanos = nanos;
        this.freeNanos = nanos.getAsLong();
    }

    /// Takes the call, or answers it at once with QUEUE_FULL or VERSION_NOT_READY. Any thread; never blocks for
    /// long.
    public void submit(BatchCall call) {
        ProblemException refusal = null;
        List<BatchCall> displaced = List.of();
        var isTurnWanted = false;
        lock.lock();
        try {
            if (isClosing) {
                refusal = new ProblemException(Problem.VERSION_NOT_READY, name + " is being unloaded");
            } else {
                displaced = displacedBy(call);
                if (isFullFor(call)) {
                    refusal = full();
                } else {
                    arrivals.arrived(call.rows(), call.arrivalNanos());
                    queue.add(call);
                    isTurnWanted = !isAwaitingMore(call) && wantTurn();
                }
            }
        } finally {
            lock.unlock();
        }
        if (isTurnWanted) {
            pool.ask(seat);
        }
        for (var other : displaced) {
            other.answer()
                    .failed(ProblemException.retryAfter(
                            Problem.QUEUE_FULL, name + ": the queue is full, and another priority's turn has come", 1));
        }
        if (refusal != null) {
            call.answer().failed(refusal);
        }
    }

    @GuardedBy("lock")
    private boolean isFullFor(BatchCall call) {
        return !queue.isEmpty()
                && (queue.rows() + call.rows() > limits.queueRowsMax()
                        || queue.bytes() + call.bytes() > limits.queueBytesMax());
    }

    @GuardedBy("lock")
    private List<BatchCall> displacedBy(BatchCall call) {
        List<BatchCall> displaced = List.of();
        while (isFullFor(call)) {
            var from = displaceable(call);
            if (from == null) {
                break;
            }
            if (displaced.isEmpty()) {
                displaced = new ArrayList<>();
            }
            displaced.add(queue.removeLastOf(from));
        }
        return displaced;
    }

    /// The lowest priority that has more than its part of the queue and must yield to the call: a lower one
    /// than its own, or any when the call's own has less than its part.
    @GuardedBy("lock")
    private @Nullable Priority displaceable(BatchCall call) {
        int part = limits.queueRowsMax() / QUEUE_PARTS;
        var hasLess = queue.rowsOf(call.priority()) + call.rows() <= part;
        for (int i = PRIORITIES.length - 1; i >= 0; i--) {
            var other = PRIORITIES[i];
            var yields = other != call.priority() && (hasLess || other.compareTo(call.priority()) > 0);
            if (yields && queue.rowsOf(other) > part) {
                return other;
            }
        }
        return null;
    }

    @GuardedBy("lock")
    private ProblemException full() {
        return ProblemException.retryAfter(
                Problem.QUEUE_FULL,
                name + ": " + queue.rows() + " rows and " + queue.bytes() + " bytes wait (expected: at most "
                        + limits.queueRowsMax() + " and " + limits.queueBytesMax() + ")",
                1);
    }

    /// Whether the lane that waits for several need not hear of this one.
    @GuardedBy("lock")
    private boolean isAwaitingMore(BatchCall call) {
        return wakeNanos != NO_WAKE
                && queue.units() < wakeUnits
                && arrivals.echoRows(call.arrivalNanos()) > 0
                && call.deadlineNanos() - wakeNanos > 0;
    }

    /// Whether to ask the pool for a turn; true obliges to it.
    @GuardedBy("lock")
    private boolean wantTurn() {
        var isWaiting = wakeNanos != NO_WAKE;
        wakeNanos = NO_WAKE;
        // A turn that has not begun takes at least one call.
        var isWanted = isWaiting || (turnsOut < lanes.max() && queue.size() > turnsAsked);
        if (isWanted) {
            turnsOut++;
            turnsAsked++;
        }
        return isWanted;
    }

    @Override
    public @Nullable Turn begin(long atNanos) {
        List<BatchCall> dropped = new ArrayList<>(0);
        Turn turn = null;
        List<LoadedModel> ended = List.of();
        long askedNanos = NO_WAKE;
        var instance = instance(atNanos);
        if (instance == null) {
            return null;
        }
        lock.lock();
        try {
            while (turn == null && !queue.isEmpty() && wakeNanos == NO_WAKE) {
                var cut = cut(dropped);
                if (cut.batch().length > 0) {
                    turn = turn(instance, cut);
                } else {
                    wakeUnits = cut.wakeUnits();
                    askedNanos = await(cut.wakeNanos());
                }
            }
            if (turn == null) {
                lanes.giveBack(instance);
                turnsOut--;
                ended = ended();
            }
        } finally {
            lock.unlock();
        }
        if (askedNanos != NO_WAKE) {
            pool.wakeAt(seat, askedNanos);
        }
        for (var call : dropped) {
            Turn.drop(name, call);
        }
        close(ended);
        return turn;
    }

    /// Gives the time to ask the pool for, if any.
    @GuardedBy("lock")
    private long await(long untilNanos) {
        if (untilNanos - nanos.getAsLong() <= 0) {
            return NO_WAKE;
        }
        wakeNanos = untilNanos;
        if (untilNanos == armedNanos) {
            return NO_WAKE;
        }
        armedNanos = untilNanos;
        return untilNanos;
    }

    /// For the turn that begins; null when there is to be none.
    private @Nullable LoadedModel instance(long atNanos) {
        lock.lock();
        try {
            if (atNanos == armedNanos) {
                armedNanos = NO_WAKE;
            }
            if (atNanos == TurnList.ASKED) {
                turnsAsked--;
            } else if (wakeNanos == atNanos) {
                wakeNanos = NO_WAKE;
                turnsOut++;
                arrivals.awaitedInVain(nanos.getAsLong());
            } else {
                // An arrival was quicker.
                return null;
            }
            var instance = lanes.take();
            if (instance != null) {
                return instance;
            }
        } finally {
            lock.unlock();
        }
        return made();
    }

    private @Nullable LoadedModel made() {
        LoadedModel made = null;
        try {
            made = another.get().orElse(null);
        } finally {
            if (made == null) {
                madeNone();
            }
        }
        return made;
    }

    /// The turn is lost. The other lanes go on, and may have ended theirs meanwhile.
    private void madeNone() {
        List<LoadedModel> ended;
        boolean isTurnWanted;
        lock.lock();
        try {
            lanes.madeNone();
            turnsOut--;
            isTurnWanted = !queue.isEmpty() && turnsOut == 0;
            if (isTurnWanted) {
                turnsOut++;
                turnsAsked++;
            }
            ended = ended();
        } finally {
            lock.unlock();
        }
        if (isTurnWanted) {
            pool.ask(seat);
        }
        close(ended);
    }

    @GuardedBy("lock")
    private BatchPolicy.Cut cut(List<BatchCall> dropped) {
        var cut = BatchPolicy.cut(
                queue,
                limits,
                new BatchPolicy.Moment(
                        nanos.getAsLong(),
                        turns,
                        // Those that are running, this one too, when there is no thread for more.
                        pool.hasRoom() ? lanes.max() : turnsOut - turnsAsked,
                        unitsRunning,
                        cost.line(),
                        cost.isSure(),
                        arrivals,
                        freeNanos,
                        !isClosing));
        for (int index : cut.dropped()) {
            dropped.add(queue.get(index));
        }
        if (cut.batch().length == 0) {
            queue.remove(cut.dropped());
        }
        return cut;
    }

    @GuardedBy("lock")
    private Turn turn(LoadedModel instance, BatchPolicy.Cut cut) {
        var batch = new ArrayList<BatchCall>(cut.batch().length);
        long units = 0;
        for (int index : cut.batch()) {
            var call = queue.get(index);
            batch.add(call);
            units += call.units();
        }
        queue.remove(cut.removed());
        turns++;
        unitsRunning += units;
        return new Turn(name, instance, batch, units, this::ran, nanos);
    }

    private void ran(List<BatchCall> calls, long computeNanos) {
        int rows = 0;
        int length = 0;
        long tokens = 0;
        long units = 0;
        for (var call : calls) {
            rows += call.rows();
            units += call.units();
            length = Math.max(length, call.length());
            tokens += call.prepared().tokens();
        }
        if (length > 0) {
            units = (long) rows * length;
        }
        lock.lock();
        try {
            cost.ran(units, computeNanos);
        } finally {
            lock.unlock();
        }
        observer.ran(rows, tokens, length == 0 ? 0 : units - tokens, computeNanos);
    }

    @Override
    public boolean end(Turn turn) {
        List<LoadedModel> ended;
        boolean isAskingAgain;
        lock.lock();
        try {
            lanes.giveBack(turn.instance());
            unitsRunning -= turn.units();
            freeNanos = nanos.getAsLong();
            arrivals.answered(turn.rows(), freeNanos);
            isAskingAgain = !queue.isEmpty() && wakeNanos == NO_WAKE;
            if (isAskingAgain) {
                turnsAsked++;
            } else {
                turnsOut--;
            }
            ended = ended();
        } finally {
            lock.unlock();
        }
        close(ended);
        return isAskingAgain;
    }

    /// The instances to close, when it is time.
    @GuardedBy("lock")
    private List<LoadedModel> ended() {
        return isClosing && !isClosed && queue.isEmpty() && turnsOut == 0 ? lanes.takeAll() : List.of();
    }

    private void close(List<LoadedModel> instances) {
        if (instances.isEmpty()) {
            return;
        }
        try {
            for (var instance : instances) {
                instance.close();
            }
        } finally {
            lock.lock();
            try {
                isClosed = true;
                closed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /// Rows that wait.
    public int queueRows() {
        lock.lock();
        try {
            return queue.rows();
        } finally {
            lock.unlock();
        }
    }

    /// What runs cost, as learned so far.
    public CostLine.Line cost() {
        lock.lock();
        try {
            return cost.line();
        } finally {
            lock.unlock();
        }
    }

    /// Runs what waits, then closes the instances. Waits at most `waitNanos` for it; run threads go on by
    /// themselves when that is not enough.
    public void close(long waitNanos) throws InterruptedException {
        List<LoadedModel> ended;
        var isTurnWanted = false;
        lock.lock();
        try {
            isClosing = true;
            if (wakeNanos != NO_WAKE) {
                isTurnWanted = wantTurn();
            }
            ended = ended();
        } finally {
            lock.unlock();
        }
        if (isTurnWanted) {
            pool.ask(seat);
        }
        close(ended);
        lock.lock();
        try {
            long left = waitNanos;
            while (!isClosed && left > 0) {
                left = closed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        try {
            close(TimeUnit.SECONDS.toNanos(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
