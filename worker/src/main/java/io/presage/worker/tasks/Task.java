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
    /// a sound). The batcher only ever sees the result.
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
    /// [#signature]. They may lie in the instance's memory: the caller is done with them before its next run.
    List<Tensor> finish(Prepared prepared, List<Tensor> outputs);

    @Override
    default void close() {}

    /// @param inputs for the model, in its signature's order
    /// @param rows that this call adds to a batch; 1 when not batchable
    /// @param groupKey calls are batched only with calls of the same key (tensors whose dimensions beyond the
    ///     first agree)
    /// @param context whatever [#finish] needs again (sizes of the pictures, attention masks)
    record Prepared(List<Tensor> inputs, int rows, long groupKey, Object context) {}
}
