package io.presage.worker.batching;

import java.util.ArrayList;
import java.util.List;

/// Which waiting calls run next. Pure.
///
/// The oldest live call leads; with it go later calls of the same group, in order, until one no longer fits: a
/// later, smaller one does not overtake it. Without a window the leader never waits, so calls are batched only
/// because they queued behind a running batch. With a window a batch that is not full waits for company until
/// the leader has waited that long since its arrival, not since its turn came.
final class BatchPolicy {
    private BatchPolicy() {}

    /// One waiting call, as the policy sees it.
    interface Waiting {
        int rows();

        long groupKey();

        long arrivalNanos();

        /// Not run at or after this time.
        long deadlineNanos();
    }

    /// Indexes into the queue, ascending.
    ///
    /// @param expired to be answered without a run
    /// @param batch to be run now; empty when there is nothing to run yet
    /// @param wakeNanos when `batch` is empty: look again then, [Long#MAX_VALUE] for "when something arrives"
    record Cut(List<Integer> expired, List<Integer> batch, long wakeNanos) {}

    /// `queue` is in the order of arrival.
    static Cut cut(List<? extends Waiting> queue, long nowNanos, int rowsMax, long windowNanos) {
        var expired = new ArrayList<Integer>();
        var batch = new ArrayList<Integer>();
        int rows = 0;
        var full = false;
        Waiting leader = null;
        long firstDeadlineNanos = Long.MAX_VALUE;
        for (int i = 0; i < queue.size(); i++) {
            var call = queue.get(i);
            if (call.deadlineNanos() - nowNanos <= 0) {
                expired.add(i);
                continue;
            }
            if (leader == null) {
                leader = call;
            } else if (full || call.groupKey() != leader.groupKey()) {
                continue;
            } else if (rows + call.rows() > rowsMax) {
                full = true;
                continue;
            }
            batch.add(i);
            rows += call.rows();
            full = rows >= rowsMax;
            firstDeadlineNanos = Math.min(firstDeadlineNanos, call.deadlineNanos());
        }
        if (leader == null) {
            return new Cut(expired, List.of(), Long.MAX_VALUE);
        }
        long wakeNanos = leader.arrivalNanos() + windowNanos;
        // Waiting past somebody's deadline for company would be a strange favour.
        if (!full && wakeNanos - nowNanos > 0 && firstDeadlineNanos - wakeNanos > 0) {
            return new Cut(expired, List.of(), wakeNanos);
        }
        return new Cut(expired, batch, nowNanos);
    }
}
