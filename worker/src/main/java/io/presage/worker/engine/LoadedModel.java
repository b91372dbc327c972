package io.presage.worker.engine;

import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.state.Failure;
import java.util.List;
import java.util.Optional;

/// One instance of a version in memory. One thread at a time: the run thread whose turn it is, or the event loop
/// that holds it; but for [#share]. Buffers of the outputs are valid until the next [#run] or [#close] of this
/// instance.
public interface LoadedModel extends AutoCloseable {
    /// The model's own inputs and outputs, as the runtime reports them.
    Signature signature();

    /// Runs the model once. Inputs have been checked against the signature and are in its order, one each.
    /// Outputs come in the signature's order.
    ///
    /// @throws io.presage.contract.problem.ProblemException ENGINE_FAILED when the runtime fails
    List<Tensor> run(List<Tensor> inputs);

    /// Another view of the same loaded weights with buffers of its own, for one other thread. The weights go
    /// when the last view is closed. Empty when the runtime cannot share: load once more then. Any thread, also
    /// while this instance runs.
    default Optional<LoadedModel> share() {
        return Optional.empty();
    }

    /// Why this instance will never run again; empty while it can, or may soon. Any thread.
    default Optional<Failure> failure() {
        return Optional.empty();
    }

    /// True when a run waits for another process: never on an event loop; its CPU time is not the caller's, and
    /// [#memoryBytes] is memory of that process.
    default boolean runsElsewhere() {
        return false;
    }

    /// Native memory that this instance holds, in bytes: measured or the best estimate of it.
    long memoryBytes();

    @Override
    void close();
}
