package io.presage.worker.tasks;

import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.worker.engine.LoadedModel;
import java.util.List;

/// One version's way from a client's tensors to the model's and back. Made once per version by [Tasks]; any
/// thread, many at a time.
public interface Task extends AutoCloseable {
    /// What clients send and get.
    Signature signature();

    /// Wraps an instance whose one call is more than one run of the model (a recurrent model over the frames of
    /// a sound). The queue only ever sees the result.
    default LoadedModel adapt(LoadedModel instance) {
        return instance;
    }

    /// True when [#prepare] and [#finish] cost next to nothing (less than about 20 us) and may run on an event
    /// loop.
    boolean isLight();

    /// Decodes a client's inputs, which fit [#signature], into the tensors that [#adapt]'s instances take.
    ///
    /// @throws io.presage.contract.problem.ProblemException INVALID_INPUT naming the row, what was found and
    ///     what was expected
    Prepared prepare(List<Tensor> inputs);

    /// Turns the model's outputs for exactly the rows of `prepared` into the client's, in the order of
    /// [#signature]. Where rows are padded, outputs may be of a longer row than this call's longest. They may
    /// lie in the instance's memory: the caller is done with them before its next run.
    List<Tensor> finish(Prepared prepared, List<Tensor> outputs);

    @Override
    default void close() {}

    /// @param inputs for the model, in its signature's order
    /// @param rows that this call adds to a batch; 1 when not batchable
    /// @param groupKey calls are batched only with calls of the same key (tensors whose dimensions beyond the
    ///     first agree, or beyond the second where rows are padded)
    /// @param length tokens of each row: the second dimension of every input, which a batch makes longer, with
    ///     zeros, for calls of different lengths to fit; [#finish] gets outputs of that length then. 0 = rows
    ///     are never padded
    /// @param tokens of all rows, without padding; 0 when `length` is
    /// @param context whatever [#finish] needs again (sizes of the pictures, attention masks)
    /// @param unitsPerRow what one row counts in the line milliseconds = a * units + b: 1, its tokens where
    ///     rows are
    ///     padded, or its size where calls choose that
    record Prepared(
            List<Tensor> inputs, int rows, long groupKey, int length, long tokens, int unitsPerRow, Object context) {
        public Prepared {
            if (unitsPerRow < 1 || (length > 0 && unitsPerRow != length)) {
                throw new IllegalArgumentException("unitsPerRow: " + unitsPerRow + " of rows of length " + length
                        + " (expected: at least 1, the length where there is one)");
            }
        }

        public Prepared(List<Tensor> inputs, int rows, long groupKey, int length, long tokens, Object context) {
            this(inputs, rows, groupKey, length, tokens, Math.max(1, length), context);
        }

        /// Rows that are never padded and all alike.
        public Prepared(List<Tensor> inputs, int rows, long groupKey, Object context) {
            this(inputs, rows, groupKey, 0, 0, context);
        }
    }
}
