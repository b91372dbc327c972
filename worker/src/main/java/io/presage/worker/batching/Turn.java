package io.presage.worker.batching;

import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadedModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One batch on one instance. A batch that fails is run again in halves, so that one bad call fails alone and
/// costs its companions at most log2(calls) more runs. While [#start] says that there is a run, [#execute] does
/// it. One thread.
final class Turn {
    private static final Logger log = LoggerFactory.getLogger(Turn.class);

    private final String name;
    private final LoadedModel instance;
    private final long units;
    private final int rows;
    private final Observer observer;
    private final LongSupplier nanos;
    private final ArrayDeque<List<BatchCall>> left = new ArrayDeque<>(2);
    private List<BatchCall> running = List.of();
    private long startNanos;

    /// Hears of runs that succeeded, before their callers do.
    interface Observer {
        void ran(List<BatchCall> calls, long computeNanos);
    }

    /// `units`: of the whole batch.
    Turn(String name, LoadedModel instance, List<BatchCall> batch, long units, Observer observer, LongSupplier nanos) {
        this.name = name;
        this.instance = instance;
        this.units = units;
        this.rows = rowsOf(batch);
        this.observer = observer;
        this.nanos = nanos;
        left.add(batch);
    }

    LoadedModel instance() {
        return instance;
    }

    long units() {
        return units;
    }

    /// Of the whole batch.
    int rows() {
        return rows;
    }

    /// The calls of the run that was started.
    List<BatchCall> running() {
        return running;
    }

    /// Finds what is to run next and drops what is too late for it; false when all calls are answered.
    boolean start() {
        while (true) {
            var batch = left.pollFirst();
            if (batch == null) {
                return false;
            }
            startNanos = nanos.getAsLong();
            running = alive(batch);
            if (!running.isEmpty()) {
                return true;
            }
        }
    }

    /// Time has passed when this is the second half of a batch that failed.
    private List<BatchCall> alive(List<BatchCall> batch) {
        List<BatchCall> alive = batch;
        for (int i = 0; i < batch.size(); i++) {
            var call = batch.get(i);
            var isDead = call.deadlineNanos() - startNanos <= 0 || call.isAbandoned();
            if (isDead && alive == batch) {
                alive = new ArrayList<>(batch.subList(0, i));
            }
            if (isDead) {
                drop(name, call);
            } else if (alive != batch) {
                alive.add(call);
            }
        }
        return alive;
    }

    static void drop(String name, BatchCall call) {
        var why =
                call.isAbandoned() ? ": the caller went away; not run" : ": the deadline passed in the queue; not run";
        call.answer().failed(new ProblemException(Problem.DEADLINE_EXCEEDED, name + why));
    }

    void execute(BatchAssembly assembly) {
        var calls = running;
        List<Tensor> outputs;
        int rowsRun = rowsOf(calls);
        try {
            outputs =
                    instance.run(calls.size() == 1 ? calls.getFirst().prepared().inputs() : assembly.join(calls));
            if (calls.size() > 1) {
                BatchAssembly.checkRows(outputs, rowsRun);
            }
        } catch (RuntimeException | Error e) {
            // An Error too: the thread must live on, and the caller must hear of it.
            failed(calls, e);
            return;
        }
        long computeNanos = nanos.getAsLong() - startNanos;
        observer.ran(calls, computeNanos);
        int from = 0;
        for (var call : calls) {
            var part = calls.size() == 1 ? outputs : BatchAssembly.rows(outputs, rowsRun, from, call.rows());
            from += call.rows();
            call.answer().outputs(part, new BatchCall.Timing(startNanos - call.arrivalNanos(), computeNanos));
        }
    }

    private static int rowsOf(List<BatchCall> calls) {
        int rows = 0;
        for (var call : calls) {
            rows += call.rows();
        }
        return rows;
    }

    private void failed(List<BatchCall> calls, Throwable e) {
        if (calls.size() == 1) {
            if (e instanceof ProblemException problem) {
                calls.getFirst().answer().failed(problem);
            } else {
                log.error("event=run_failed version={}", name, e);
                calls.getFirst().answer().failed(new ProblemException(Problem.ENGINE_FAILED, name + ": " + e, e));
            }
            return;
        }
        int middle = calls.size() / 2;
        left.addFirst(calls.subList(middle, calls.size()));
        left.addFirst(calls.subList(0, middle));
    }
}
