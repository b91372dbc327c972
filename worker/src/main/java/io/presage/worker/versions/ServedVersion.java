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
public final class ServedVersion implements HeldVersion {
    /// So old may be what is known of the last use, so that a call does not write what all others read.
    private static final long USED_GRAIN_NANOS = 100_000_000;

    private final VersionKey key;
    private final String versionText;
    private final String platform;
    private final Task task;
    private final LoopRunners runners;
    private final VersionQueue queue;
    private final Serving serving;
    private final VersionMeters meters;
    private final MemoryBudget.Reservation memory;
    private final List<AutoCloseable> parts;
    private final LeaseGate gate = new LeaseGate();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile long usedNanos;

    /// `parts` are closed with the version, in their order.
    ServedVersion(
            VersionKey key,
            String platform,
            Task task,
            LoopRunners runners,
            VersionQueue queue,
            Serving serving,
            VersionMeters meters,
            MemoryBudget.Reservation memory,
            List<AutoCloseable> parts) {
        this.key = key;
        this.versionText = Integer.toString(key.version());
        this.platform = platform;
        this.task = task;
        this.runners = runners;
        this.queue = queue;
        this.serving = serving;
        this.meters = meters;
        this.memory = memory;
        this.parts = List.copyOf(parts);
    }

    @Override
    public VersionKey key() {
        return key;
    }

    @Override
    public String versionText() {
        return versionText;
    }

    @Override
    public String platform() {
        return platform;
    }

    public Task task() {
        return task;
    }

    @Override
    public Signature signature() {
        return task.signature();
    }

    @Override
    public Serving serving() {
        return serving;
    }

    @Override
    public VersionStatistics statistics() {
        return meters.statistics();
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

    /// A call came at `nowNanos`. Cheap: written at most each 100 ms.
    public void touch(long nowNanos) {
        if (nowNanos - usedNanos > USED_GRAIN_NANOS) {
            usedNanos = nowNanos;
        }
    }

    /// When it was called last, within 100 ms, in the clock of [#touch].
    public long usedNanos() {
        return usedNanos;
    }

    /// Into service, at `nowNanos`.
    void begin(long nowNanos) {
        usedNanos = nowNanos;
    }

    /// Takes no calls any more, unless somebody holds it. True when it is shut by this call.
    boolean shutIfIdle() {
        return gate.shutIfIdle();
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
