package io.presage.worker.versions;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.presage.contract.state.DesiredState;
import io.presage.contract.state.DesiredState.Assignment;
import io.presage.contract.state.DesiredState.Validation;
import io.presage.contract.state.Failure;
import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import io.presage.contract.state.ValidationResult;
import io.presage.worker.versions.ReconcilePolicy.Action;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Owner of the slots.
///
/// State: the desired snapshot, the slots and the validations, all guarded by `lock`; and the serving table, a
/// volatile snapshot made anew, under the lock, whenever a version comes or goes. [#tick] asks
/// [ReconcilePolicy] and does what it says; loads and unloads run on executors and come back under the lock.
/// The loop only ticks: at each change, and every 200 ms for what is due by time.
public final class Versions implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Versions.class);
    private static final long TICK_NANOS = 200_000_000;
    private static final long BACKOFF_FIRST_NANOS = 500_000_000;
    private static final long BACKOFF_LAST_NANOS = 30_000_000_000L;
    /// Attempts to fetch before the slot says FAILED (and is tried again later); about one minute.
    private static final int ATTEMPTS_MAX = 8;
    /// Versions that went lately and are "not ready" rather than "not found".
    private static final int REMEMBERED_MAX = 1000;

    private final VersionLoader loader;
    private final Validator validator;
    private final ValidationSink sink;
    private final ReconcilePolicy.Limits limits;
    private final Executor loaders;
    private final Executor unloaders;
    private final LongSupplier nanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private DesiredState desired = DesiredState.EMPTY;

    @GuardedBy("lock")
    private final Map<VersionKey, Slot> slots = new LinkedHashMap<>();

    @GuardedBy("lock")
    private final Map<String, ValidationJob> validations = new LinkedHashMap<>();

    @GuardedBy("lock")
    private final Set<VersionKey> remembered = new LinkedHashSet<>();

    @GuardedBy("lock")
    private boolean dirty;

    private volatile boolean applied;
    private volatile boolean stopping;
    private volatile ServingTable table = ServingTable.EMPTY;
    private volatile Runnable changeListener = () -> {};
    private @Nullable Thread loop;

    private static final class ValidationJob {
        private final Validation validation;
        private boolean isBusy;
        private boolean isDone;
        private int attempts;
        private long notBeforeNanos;

        ValidationJob(Validation validation, long nowNanos) {
            this.validation = validation;
            this.notBeforeNanos = nowNanos;
        }
    }

    /// How versions are loaded, and by whom.
    ///
    /// @param loaders as many threads as `worker.versions.loading-max`
    /// @param unloaders one thread or more
    public record Workshop(VersionLoader loader, Executor loaders, Executor unloaders) {}

    public Versions(
            Workshop workshop,
            String workerId,
            ValidationSink sink,
            VersionSettings settings,
            Duration drainGrace,
            LongSupplier nanos) {
        this.loader = workshop.loader();
        this.validator = new Validator(workshop.loader(), workerId);
        this.sink = sink;
        this.limits = new ReconcilePolicy.Limits(
                settings.loadingMax(),
                drainGrace.toNanos(),
                settings.failedRetry().toNanos());
        this.loaders = workshop.loaders();
        this.unloaders = workshop.unloaders();
        this.nanos = nanos;
    }

    /// What can be called now. Any thread.
    public ServingTable table() {
        return table;
    }

    /// True once a snapshot, from the registry or from disk, was applied.
    public boolean isApplied() {
        return applied;
    }

    /// `listener` is called, without the lock, after each change that a report would show.
    public void onChange(Runnable listener) {
        changeListener = listener;
    }

    public void start() {
        var thread = Thread.ofPlatform().name("versions").daemon(true).unstarted(this::loop);
        loop = thread;
        thread.start();
    }

    private void loop() {
        try {
            while (!stopping) {
                tick();
                lock.lockInterruptibly();
                try {
                    if (!dirty && !stopping) {
                        var _ = changed.awaitNanos(TICK_NANOS);
                    }
                } finally {
                    lock.unlock();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// A new snapshot takes the place of the last.
    public void apply(DesiredState snapshot) {
        lock.lock();
        try {
            desired = snapshot;
            applied = true;
            publish();
            touch();
        } finally {
            lock.unlock();
        }
    }

    public long appliedRevision() {
        lock.lock();
        try {
            return desired.revision();
        } finally {
            lock.unlock();
        }
    }

    public List<Report.Slot> report() {
        lock.lock();
        try {
            return slots.values().stream().map(Slot::report).toList();
        } finally {
            lock.unlock();
        }
    }

    /// Slots in each state, all states named.
    public Map<SlotState, Integer> slotsByState() {
        var counts = new EnumMap<SlotState, Integer>(SlotState.class);
        for (var state : SlotState.values()) {
            counts.put(state, 0);
        }
        for (var slot : report()) {
            counts.merge(slot.state(), 1, Integer::sum);
        }
        return counts;
    }

    /// Does everything that is to be done now; what takes long goes to the executors.
    void tick() {
        var before = report();
        lock.lock();
        try {
            do {
                dirty = false;
                for (var action : decide()) {
                    perform(action);
                }
            } while (dirty);
        } finally {
            lock.unlock();
        }
        if (!before.equals(report())) {
            changeListener.run();
        }
    }

    @GuardedBy("lock")
    private List<Action> decide() {
        if (!applied || stopping) {
            return List.of();
        }
        var slotViews = new ArrayList<ReconcilePolicy.SlotView>();
        slots.values().forEach(slot -> slotViews.add(slot.view()));
        var validationViews = new ArrayList<ReconcilePolicy.ValidationView>();
        validations.forEach((id, job) -> validationViews.add(
                new ReconcilePolicy.ValidationView(id, job.isBusy, job.isDone, job.notBeforeNanos)));
        return ReconcilePolicy.decide(desired, slotViews, validationViews, nanos.getAsLong(), limits);
    }

    @GuardedBy("lock")
    private void perform(Action action) {
        long now = nanos.getAsLong();
        switch (action) {
            case Action.Create(var assignment) -> create(assignment, now);
            case Action.Renew(var assignment) -> {
                slots.remove(new VersionKey(assignment.model(), assignment.version()));
                create(assignment, now);
            }
            case Action.Load(var key) -> {
                var slot = slot(key);
                slot.fetching(now);
                loaders.execute(() -> load(slot));
            }
            case Action.Discard(var key) -> {
                slot(key).unloaded(now);
                forget(key);
            }
            case Action.Drain(var key) -> {
                slot(key).drain(now);
                log.info("event=version_draining version={}", key);
                touch();
            }
            case Action.Resume(var key) -> {
                slot(key).resume(now);
                touch();
            }
            case Action.Refuse(var key) -> {
                served(key).shut();
                remember(key);
                publish();
                touch();
            }
            case Action.Unload(var key) -> {
                var slot = slot(key);
                var version = served(key);
                slot.busy();
                unloaders.execute(() -> unload(slot, version));
            }
            case Action.Validate(var validation) -> {
                var job = validations.computeIfAbsent(validation.id(), _ -> new ValidationJob(validation, now));
                job.isBusy = true;
                job.attempts++;
                loaders.execute(() -> validate(job));
            }
            case Action.Forget(var id) -> validations.remove(id);
        }
    }

    @GuardedBy("lock")
    private void create(Assignment assignment, long now) {
        var slot = new Slot(assignment, now);
        slots.put(slot.key(), slot);
        remembered.remove(slot.key());
        publish();
        touch();
    }

    private void load(Slot slot) {
        var key = slot.key();
        var assignment = slot.assignment();
        try {
            var progress = new VersionLoader.Progress() {
                @Override
                public void loading() {
                    change(() -> slot.loading(nanos.getAsLong()));
                }

                @Override
                public void warming() {
                    change(() -> slot.warming(nanos.getAsLong()));
                }
            };
            var outcome = loader.serve(key, assignment.sha256(), assignment.bytes(), assignment.tuning(), progress);
            change(() -> loaded(slot, outcome));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            log.error("event=load_failed version={}", key, e);
            change(() -> slot.failed(
                    new Failure("load", "engine-failure", String.valueOf(e), "See the worker's log."),
                    nanos.getAsLong()));
        }
    }

    private void loaded(Slot slot, LoadOutcome<ServedVersion> outcome) {
        long now = nanos.getAsLong();
        switch (outcome) {
            case LoadOutcome.Loaded<ServedVersion>(var version) -> {
                slot.ready(version, now);
                log.info("event=version_ready version={} memory_bytes={}", slot.key(), version.memoryBytes());
                publish();
            }
            case LoadOutcome.Failed<ServedVersion>(var failure) -> failed(slot, failure, now);
            case LoadOutcome.Unreachable<ServedVersion>(var failure) -> {
                if (slot.attempts() >= ATTEMPTS_MAX) {
                    failed(slot, failure, now);
                } else {
                    slot.retryAt(now + backoff(slot.attempts()), now);
                    log.warn("event=fetch_retry version={} attempt={} why={}", slot.key(), slot.attempts(), failure);
                }
            }
            // Others may go soon; if not, it is tried again after a while like any failure.
            case LoadOutcome.NoRoom<ServedVersion>(var failure) -> failed(slot, failure, now);
        }
    }

    private static void failed(Slot slot, Failure failure, long now) {
        slot.failed(failure, now);
        log.warn("event=version_failed version={} failure={}", slot.key(), failure);
    }

    private static long backoff(int attempt) {
        return Math.min(BACKOFF_LAST_NANOS, BACKOFF_FIRST_NANOS << Math.min(attempt - 1, 10));
    }

    private void unload(Slot slot, ServedVersion version) {
        version.close();
        change(() -> {
            slot.unloaded(nanos.getAsLong());
            log.info("event=version_unloaded version={}", slot.key());
            forget(slot.key());
            noRoomNoMore();
        });
    }

    /// Memory came free: versions that failed for want of it need not wait for their turn.
    private void noRoomNoMore() {
        lock.lock();
        try {
            for (var slot : List.copyOf(slots.values())) {
                var failure = slot.report().failure();
                if (failure != null && failure.cause().equals("out-of-memory")) {
                    perform(new Action.Renew(slot.assignment()));
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void validate(ValidationJob job) {
        try {
            var outcome = validator.validate(job.validation);
            change(() -> validated(job, outcome));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            log.error("event=validation_failed id={}", job.validation.id(), e);
            var failure = new Failure("load", "engine-failure", String.valueOf(e), "See the worker's log.");
            change(() -> validated(job, new LoadOutcome.Loaded<>(validator.rejected(failure))));
        }
    }

    private void validated(ValidationJob job, LoadOutcome<ValidationResult> outcome) {
        job.isBusy = false;
        switch (outcome) {
            case LoadOutcome.Loaded<ValidationResult>(var result) -> {
                job.isDone = true;
                sink.accept(job.validation.id(), result);
            }
            case LoadOutcome.Failed<ValidationResult>(var failure) -> retry(job, failure);
            case LoadOutcome.Unreachable<ValidationResult>(var failure) -> retry(job, failure);
            case LoadOutcome.NoRoom<ValidationResult>(var failure) -> retry(job, failure);
        }
    }

    private void retry(ValidationJob job, Failure failure) {
        if (job.attempts >= ATTEMPTS_MAX) {
            job.isDone = true;
            sink.accept(job.validation.id(), validator.rejected(failure));
        } else {
            job.notBeforeNanos = nanos.getAsLong() + backoff(job.attempts);
        }
    }

    /// For loader and unloader threads: a change under the lock, then a tick by the loop, and a report.
    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            touch();
        } finally {
            lock.unlock();
        }
        changeListener.run();
    }

    @GuardedBy("lock")
    private Slot slot(VersionKey key) {
        var slot = slots.get(key);
        if (slot == null) {
            throw new IllegalStateException(key + " has no slot. This is a bug.");
        }
        return slot;
    }

    @GuardedBy("lock")
    private ServedVersion served(VersionKey key) {
        var served = slot(key).served();
        if (served == null) {
            throw new IllegalStateException(key + " is not loaded. This is a bug.");
        }
        return served;
    }

    private void forget(VersionKey key) {
        lock.lock();
        try {
            slots.remove(key);
            remember(key);
            publish();
            touch();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void remember(VersionKey key) {
        remembered.remove(key);
        remembered.add(key);
        if (remembered.size() > REMEMBERED_MAX) {
            var oldest = remembered.iterator();
            oldest.next();
            oldest.remove();
        }
    }

    private void publish() {
        lock.lock();
        try {
            var known = new LinkedHashSet<>(remembered);
            known.addAll(slots.keySet());
            for (var assignment : desired.assignments()) {
                known.add(new VersionKey(assignment.model(), assignment.version()));
            }
            var open = new ArrayList<ServedVersion>();
            for (var slot : slots.values()) {
                var served = slot.served();
                if (served != null && !served.isClosed()) {
                    open.add(served);
                }
            }
            table = new ServingTable(open, known);
        } finally {
            lock.unlock();
        }
    }

    private void touch() {
        lock.lock();
        try {
            dirty = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Ends the loop, waits up to `wait` for the leases, and frees what nobody holds. The process is about to
    /// end: what is still running then is left to it.
    public void stop(Duration wait) throws InterruptedException {
        stopping = true;
        touch();
        var thread = loop;
        if (thread != null) {
            thread.join();
        }
        List<ServedVersion> all = new ArrayList<>();
        lock.lock();
        try {
            for (var slot : slots.values()) {
                var served = slot.served();
                if (served != null) {
                    served.shut();
                    all.add(served);
                }
            }
            slots.clear();
            publish();
        } finally {
            lock.unlock();
        }
        long deadline = nanos.getAsLong() + wait.toNanos();
        for (var version : all) {
            awaitLeases(version, deadline);
            if (version.leases() == 0) {
                version.close();
            } else {
                log.warn("event=version_abandoned version={} leases={}", version.key(), version.leases());
            }
        }
    }

    /// Leases come back on event loops, which signal nobody: looked at each 10 ms.
    private void awaitLeases(ServedVersion version, long deadlineNanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (version.leases() > 0 && deadlineNanos - nanos.getAsLong() > 0) {
                var _ = changed.awaitNanos(10_000_000);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        try {
            stop(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
