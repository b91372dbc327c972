package io.presage.worker.batching;

import io.presage.worker.engine.LoadedModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// What others do, to compare with: batches of what came first, padded to the longest.
final class FirstComeQueue implements TurnList.Work {
    private final List<LoadedModel> free;
    private final int lanes;
    private final int rowsMax;
    private final BatchObserver observer;
    private final LongSupplier nanos;
    private final ArrayDeque<BatchCall> queue = new ArrayDeque<>();
    private int turnsOut;

    FirstComeQueue(List<LoadedModel> instances, int rowsMax, BatchObserver observer, LongSupplier nanos) {
        this.free = instances;
        this.lanes = instances.size();
        this.rowsMax = rowsMax;
        this.observer = observer;
        this.nanos = nanos;
    }

    /// True when a turn is to be asked for.
    boolean submit(BatchCall call) {
        queue.add(call);
        var isWanted = turnsOut < lanes;
        turnsOut += isWanted ? 1 : 0;
        return isWanted;
    }

    @Override
    public @Nullable Turn begin(long wakeNanos) {
        if (queue.isEmpty()) {
            turnsOut--;
            return null;
        }
        var batch = new ArrayList<BatchCall>();
        int rows = 0;
        for (var first = queue.peek(); first != null && rows + first.rows() <= rowsMax; first = queue.peek()) {
            batch.add(queue.remove());
            rows += first.rows();
        }
        return new Turn("first come", free.removeLast(), batch, 0, this::ran, nanos);
    }

    private void ran(List<BatchCall> calls, long computeNanos) {
        int rows = 0;
        int length = 0;
        long tokens = 0;
        for (var call : calls) {
            rows += call.rows();
            length = Math.max(length, call.length());
            tokens += call.prepared().tokens();
        }
        observer.ran(rows, tokens, (long) rows * length - tokens, computeNanos);
    }

    @Override
    public boolean end(Turn turn) {
        free.add(turn.instance());
        if (queue.isEmpty()) {
            turnsOut--;
        }
        return !queue.isEmpty();
    }
}
