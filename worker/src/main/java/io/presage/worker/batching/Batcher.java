package io.presage.worker.batching;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadedModel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One instance of a model, the thread that owns it, and the calls that wait for it.
///
/// State: `queue`, its rows and bytes, and `closing`, all guarded by `lock`. Submitters add under the lock and
/// wake the owner; the owner takes what [BatchPolicy] says under the lock and runs it outside. Nobody else ever
/// touches the instance. A full queue refuses at once. After [#close] nothing is taken any more, what waits is
/// still run, and then the owner closes the instance and ends.
///
/// A batch that fails is run again in halves, so that one bad call fails alone and costs its companions at most
/// log2(calls) more runs.
public final class Batcher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Batcher.class);

    private final String name;
    private final LoadedModel instance;
    private final BatchLimits limits;
    private final BatchObserver observer;
    private final LongSupplier nanos;
    private final BatchAssembly assembly = new BatchAssembly();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayList<BatchCall> queue = new ArrayList<>();

    @GuardedBy("lock")
    private int waitingRows;

    @GuardedBy("lock")
    private long waitingBytes;

    @GuardedBy("lock")
    private boolean closing;

    /// What `waitingRows` and the running batch were last, for readers without the lock.
    private volatile int queueRows;
    private volatile int runningRows;
    private @Nullable Thread owner;

    /// `instance` belongs to the batcher from here on. Nothing runs before [#start].
    public Batcher(String name, LoadedModel instance, BatchLimits limits, BatchObserver observer, LongSupplier nanos) {
        this.name = name;
        this.instance = instance;
        this.limits = limits;
        this.observer = observer;
        this.nanos = nanos;
    }

    public void start() {
        var thread = Thread.ofPlatform().name(name).daemon(true).unstarted(this::own);
        owner = thread;
        thread.start();
    }

    /// Takes the call, or answers it at once with QUEUE_FULL or VERSION_NOT_READY. Any thread; never blocks for
    /// long.
    public void submit(BatchCall call) {
        ProblemException refusal;
        lock.lock();
        try {
            refusal = refusal(call);
            if (refusal == null) {
                queue.add(call);
                waitingBytes += call.bytes();
                waitingRows += call.rows();
                queueRows = waitingRows;
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
        if (refusal != null) {
            call.answer().failed(refusal);
        }
    }

    @GuardedBy("lock")
    private @Nullable ProblemException refusal(BatchCall call) {
        if (closing) {
            return new ProblemException(Problem.VERSION_NOT_READY, name + " is being unloaded");
        }
        if (!queue.isEmpty()
                && (waitingRows + call.rows() > limits.queueRowsMax()
                        || waitingBytes + call.bytes() > limits.queueBytesMax())) {
            return ProblemException.retryAfter(
                    Problem.QUEUE_FULL,
                    name + ": " + waitingRows + " rows and " + waitingBytes + " bytes wait (expected: at most "
                            + limits.queueRowsMax() + " and " + limits.queueBytesMax() + ")",
                    1);
        }
        return null;
    }

    /// Rows that wait or run: what a picker of instances compares. A little old.
    public int load() {
        return queueRows + runningRows;
    }

    /// Rows that wait. A little old.
    public int queueRows() {
        return queueRows;
    }

    private void own() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                long wakeNanos = tick();
                if (wakeNanos == Long.MIN_VALUE) {
                    break;
                }
                await(wakeNanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            failAll();
            instance.close();
        }
    }

    /// Drops what is late and runs at most one batch. For the owner thread, or a test in its place.
    ///
    /// @return when to look again: a time, [Long#MAX_VALUE] for "when something arrives", or [Long#MIN_VALUE]
    ///     for never: closed and empty
    long tick() {
        List<BatchCall> expired;
        List<BatchCall> batch;
        long wakeNanos;
        lock.lock();
        try {
            if (closing && queue.isEmpty()) {
                return Long.MIN_VALUE;
            }
            var cut = BatchPolicy.cut(queue, nanos.getAsLong(), limits.rowsMax(), closing ? 0 : limits.windowNanos());
            expired = take(cut.expired());
            batch = take(cut.batch());
            compact(cut);
            runningRows = rowsOf(batch);
            wakeNanos = cut.wakeNanos();
        } finally {
            lock.unlock();
        }
        for (var call : expired) {
            fail(call, late());
        }
        if (!batch.isEmpty()) {
            run(batch);
            runningRows = 0;
        }
        return wakeNanos;
    }

    @GuardedBy("lock")
    private List<BatchCall> take(List<Integer> indexes) {
        var calls = new ArrayList<BatchCall>(indexes.size());
        for (int index : indexes) {
            var call = queue.get(index);
            calls.add(call);
            waitingRows -= call.rows();
            waitingBytes -= call.bytes();
        }
        queueRows = waitingRows;
        return calls;
    }

    /// Closes the gaps that the taken calls leave.
    @GuardedBy("lock")
    private void compact(BatchPolicy.Cut cut) {
        if (cut.expired().size() + cut.batch().size() == queue.size()) {
            queue.clear();
            return;
        }
        var gone = new BitSet(queue.size());
        cut.expired().forEach(gone::set);
        cut.batch().forEach(gone::set);
        int kept = 0;
        for (int i = 0; i < queue.size(); i++) {
            if (!gone.get(i)) {
                queue.set(kept++, queue.get(i));
            }
        }
        queue.subList(kept, queue.size()).clear();
    }

    private void await(long wakeNanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            if (wakeNanos == Long.MAX_VALUE) {
                while (queue.isEmpty() && !closing) {
                    changed.await();
                }
            } else {
                // One arrival may fill the batch: it is a reason to look again.
                int seenRows = waitingRows;
                long left = wakeNanos - nanos.getAsLong();
                while (!closing && waitingRows == seenRows && left > 0) {
                    left = changed.awaitNanos(left);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void run(List<BatchCall> batch) {
        long start = nanos.getAsLong();
        var live = new ArrayList<BatchCall>(batch.size());
        for (var call : batch) {
            // Time has passed when this is the second half of a batch that failed.
            if (call.deadlineNanos() - start <= 0) {
                fail(call, late());
            } else {
                live.add(call);
            }
        }
        if (live.isEmpty()) {
            return;
        }
        int rows = rowsOf(live);
        List<List<Tensor>> parts;
        try {
            parts = outputs(live, rows);
        } catch (RuntimeException | Error e) {
            // An Error too: the owner must live on, and its caller must hear of it.
            failed(live, e);
            return;
        }
        long computeNanos = nanos.getAsLong() - start;
        observer.ran(rows, computeNanos);
        for (int i = 0; i < live.size(); i++) {
            var call = live.get(i);
            call.answer().outputs(parts.get(i), new BatchCall.Timing(start - call.arrivalNanos(), computeNanos));
        }
    }

    private List<List<Tensor>> outputs(List<BatchCall> calls, int rows) {
        if (calls.size() == 1) {
            return List.of(instance.run(calls.getFirst().prepared().inputs()));
        }
        var outputs = instance.run(assembly.join(calls));
        var parts = new ArrayList<List<Tensor>>(calls.size());
        int from = 0;
        for (var call : calls) {
            parts.add(BatchAssembly.rows(outputs, rows, from, call.rows()));
            from += call.rows();
        }
        return parts;
    }

    private void failed(List<BatchCall> calls, Throwable e) {
        if (calls.size() == 1) {
            if (e instanceof ProblemException problem) {
                fail(calls.getFirst(), problem);
            } else {
                log.error("event=run_failed instance={}", name, e);
                fail(calls.getFirst(), new ProblemException(Problem.ENGINE_FAILED, name + ": " + e, e));
            }
            return;
        }
        int middle = calls.size() / 2;
        run(calls.subList(0, middle));
        run(calls.subList(middle, calls.size()));
    }

    private void fail(BatchCall call, ProblemException problem) {
        call.answer().failed(problem);
    }

    private ProblemException late() {
        return new ProblemException(Problem.DEADLINE_EXCEEDED, name + ": the deadline passed in the queue; not run");
    }

    private void failAll() {
        List<BatchCall> left;
        lock.lock();
        try {
            closing = true;
            left = List.copyOf(queue);
            queue.clear();
            waitingRows = 0;
            waitingBytes = 0;
            queueRows = 0;
        } finally {
            lock.unlock();
        }
        for (var call : left) {
            fail(call, new ProblemException(Problem.VERSION_NOT_READY, name + " was unloaded"));
        }
    }

    private static int rowsOf(List<BatchCall> calls) {
        int rows = 0;
        for (var call : calls) {
            rows += call.rows();
        }
        return rows;
    }

    /// Runs what waits, then closes the instance. Waits at most `waitMillis` for it; the owner goes on by
    /// itself when that is not enough.
    public void close(long waitMillis) throws InterruptedException {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        var thread = owner;
        if (thread == null) {
            failAll();
            instance.close();
        } else {
            thread.join(waitMillis);
        }
    }

    @Override
    public void close() {
        try {
            close(TimeUnit.SECONDS.toMillis(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
