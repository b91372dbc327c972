package io.presage.worker.engine.process;

import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadedModel;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One view of a model that lives in a child. It connects when it is first run, and again to each child that takes
/// a dead one's place.
final class ChildModel implements LoadedModel {
    private final SupervisedChild supervised;
    private final Child.Loaded loaded;
    private final long limitNanos;
    private @Nullable Connected connected;
    private volatile long memoryBytes;
    private boolean closed;

    private record Connected(Child child, ChildConnection connection) {}

    ChildModel(SupervisedChild supervised, Child.Loaded loaded, long limitNanos) {
        this.supervised = supervised;
        this.loaded = loaded;
        this.limitNanos = limitNanos;
        supervised.retain();
    }

    @Override
    public Signature signature() {
        return loaded.signature();
    }

    /// @throws ProblemException ENGINE_FAILED when the child died over this run, VERSION_NOT_READY when there was
    ///     none to run it
    @Override
    public List<Tensor> run(List<Tensor> inputs) {
        if (closed) {
            throw new IllegalStateException("run after close. This is a bug.");
        }
        var child = supervised.current();
        var connection = connection(child);
        try {
            return connection.run(loaded.signature(), inputs, limitNanos);
        } catch (IOException e) {
            supervised.died(child, e);
            throw new ProblemException(
                    Problem.ENGINE_FAILED, "the process that the model runs in died in this run: " + e, e);
        }
    }

    private ChildConnection connection(Child child) {
        var present = connected;
        if (present != null && present.child == child) {
            return present.connection;
        }
        try {
            var fresh = child.connect();
            connected = new Connected(child, fresh);
            return fresh;
        } catch (IOException e) {
            supervised.died(child, e);
            throw ProblemException.retryAfter(
                    Problem.VERSION_NOT_READY, "the process that the model runs in is gone: " + e, 1);
        }
    }

    @Override
    public Optional<LoadedModel> share() {
        return loaded.isShareable() ? Optional.of(new ChildModel(supervised, loaded, limitNanos)) : Optional.empty();
    }

    /// Of the whole child, as it is now; of the last one while there is none.
    @Override
    public long memoryBytes() {
        long resident = supervised.residentBytes();
        if (resident > 0) {
            memoryBytes = resident;
        }
        return memoryBytes;
    }

    @Override
    public Optional<Failure> failure() {
        return supervised.failure();
    }

    @Override
    public boolean runsElsewhere() {
        return true;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        var present = connected;
        if (present != null) {
            present.child.disconnect(present.connection);
        }
        try {
            supervised.release();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
