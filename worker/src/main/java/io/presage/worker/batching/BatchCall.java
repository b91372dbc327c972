package io.presage.worker.batching;

import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.tasks.Task;
import java.util.List;

/// One prepared call on its way through a [VersionQueue]. Answered exactly once.
///
/// @param bytes of its tensors
/// @param arrivalNanos when its last byte had arrived
/// @param deadlineNanos not run at or after this time
/// @param answer called on a run thread, or on the submitting one when the call is not taken
public record BatchCall(
        Task.Prepared prepared, long bytes, Priority priority, long arrivalNanos, long deadlineNanos, Answer answer)
        implements BatchPolicy.Waiting {

    @Override
    public int rows() {
        return prepared.rows();
    }

    @Override
    public int length() {
        return prepared.length();
    }

    @Override
    public int unitsPerRow() {
        return prepared.unitsPerRow();
    }

    @Override
    public long groupKey() {
        return prepared.groupKey();
    }

    @Override
    public boolean isAbandoned() {
        return answer.isAbandoned();
    }

    /// Who waits for the call. No method blocks or throws.
    public interface Answer {
        /// `outputs`: the model's, for exactly this call's rows, valid until this method returns. Where rows
        /// are padded they may be longer than the call's own.
        void outputs(List<Tensor> outputs, Timing timing);

        void failed(ProblemException problem);

        /// True when nobody waits any more: a call that has not begun is then not run, but still answered.
        /// Asked often.
        default boolean isAbandoned() {
            return false;
        }
    }

    /// Where a call's time went.
    ///
    /// @param queueNanos from arrival to the start of the run that answered
    /// @param computeNanos of that run
    public record Timing(long queueNanos, long computeNanos) {}

    /// Bytes of tensors, counted as the queues count them.
    public static long bytesOf(List<Tensor> tensors) {
        long bytes = 0;
        for (var tensor : tensors) {
            switch (tensor) {
                case Tensor.Fixed fixed -> bytes += fixed.data().remaining();
                case Tensor.Bytes strings -> {
                    for (var element : strings.elements()) {
                        bytes += element.length;
                    }
                }
            }
        }
        return bytes;
    }
}
