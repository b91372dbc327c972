package io.presage.worker.versions;

import io.presage.contract.infer.Signature;
import io.presage.worker.batching.BatchCall;
import io.presage.worker.batching.VersionQueue;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// A version in memory. Who has acquired it may use it until the release; it is closed by its owner after the
/// gate was shut and the last lease released. Any thread, but [#runner] belongs to the event loop of its index.
public final class ServedVersion {
    private final VersionKey key;
    private final String versionText;
    private final String platform;
    private final Task task;
    private final LoopRunners runners;
    private final VersionQueue queue;
    private final VersionMeters meters;
    private final MemoryBudget.Reservation memory;
    private final List<AutoCloseable> parts;
    private final LeaseGate gate = new LeaseGate();
    private final AtomicBoolean closed = new AtomicBoolean();

    /// `parts` are closed with the version, in their order.
    ServedVersion(
            VersionKey key,
            String platform,
            Task task,
            LoopRunners runners,
            VersionQueue queue,
            VersionMeters meters,
            MemoryBudget.Reservation memory,
            List<AutoCloseable> parts) {
        this.key = key;
        this.versionText = Integer.toString(key.version());
        this.platform = platform;
        this.task = task;
        this.runners = runners;
        this.queue = queue;
        this.meters = meters;
        this.memory = memory;
        this.parts = List.copyOf(parts);
    }

    public VersionKey key() {
        return key;
    }

    /// The version's number as text, as it travels.
    public String versionText() {
        return versionText;
    }

    /// As in OIP's metadata: `onnxruntime_onnx`.
    public String platform() {
        return platform;
    }

    public Task task() {
        return task;
    }

    public Signature signature() {
        return task.signature();
    }

    public VersionMeters meters() {
        return meters;
    }

    /// The instance that event loop `loop` runs small calls on; null when this version does not run there.
    public @Nullable LoadedModel runner(int loop) {
        return runners.of(loop);
    }

    /// Hands the call to the queue. The caller holds a lease until the answer.
    public void submit(BatchCall call) {
        queue.submit(call);
    }

    /// False when it takes no calls any more; true obliges to one [#release].
    public boolean acquire() {
        return gate.acquire();
    }

    public void release() {
        gate.release();
    }

    void shut() {
        gate.shut();
    }

    boolean isClosed() {
        return gate.isShut();
    }

    int leases() {
        return gate.leases();
    }

    long memoryBytes() {
        return memory.bytes();
    }

    /// Frees everything, once. Nobody may hold a lease.
    void close() {
        if (!gate.isShut() || gate.leases() > 0) {
            throw new IllegalStateException(
                    key + ": closed while " + gate.leases() + " leases are out. This is a bug.");
        }
        if (closed.compareAndSet(false, true)) {
            queue.close();
            runners.close();
            Closing.all(parts);
        }
    }
}
