package io.presage.worker.versions;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.DesiredState;
import io.presage.contract.state.Failure;
import io.presage.contract.state.Report;
import io.presage.contract.state.SlotState;
import io.presage.contract.state.ValidationResult;
import io.presage.worker.versions.ReconcilePolicy.Action;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Owner of the slots.
///
/// State: the desired snapshot, the slots, the validations and who resides here, all guarded by `lock`; the
/// serving
/// table, which follows the slots and is read by anybody; and the calls that wait for versions to come back,
/// with a
/// lock of their own, so that event loops never wait for this one. [#tick] answers calls that wait, asks
/// [ReconcilePolicy] and does what it says; loads and unloads run on executors and come back under the lock.
/// The loop only ticks: when `signal` is raised, which each change does, and every 200 ms for what is due by time.
public final class Versions implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Versions.class);
    private static final long TICK_NANOS = 200_000_000;
    private static final long LEASES_LOOK_NANOS = 10_000_000;

    private final VersionLoader loader;
    private final Demands demands;
    private final EvictingRoom room;
    private final ReconcilePolicy.Limits limits;
    private final Executor loaders;
    private final Executor unloaders;
    private final ResidencyMeters meters;
    private final LongSupplier nanos;
    private final Signal signal = new Signal();
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private DesiredState desired = DesiredState.EMPTY;

    // These four belong to whoever holds the lock.
    private final Slots slots = new Slots();
    private final DemandDesk desk;
    private final ValidationJobs validations;
    private final Residency residency;

    private final Validator validator;
    private final LoadPace pace;
    private final ServingTable table;

    /// Until then loads that nobody waits for pause.
    @GuardedBy("lock")
    private long pauseEndNanos;

    private volatile boolean applied;
    private volatile boolean stopping;
    private volatile Runnable changeListener = () -> {};
    /// Of the slots, at the last call of the listener. Of the thread that ticks.
    private long changesTold;

    private @Nullable Thread loop;

    /// How versions are loaded, and by whom.
    ///
    /// @param loaders as many threads as `worker.versions.loading-max` and one more for what calls wait for
    /// @param unloaders one thread or more
    /// @param cores of the machine
    public record Workshop(
            VersionLoader loader,
            MemoryBudget memory,
            Executor loaders,
            Executor unloaders,
            int cores,
            MeterRegistry meters) {}

    public Versions(
            Workshop workshop,
            String workerId,
            ValidationSink sink,
            VersionSettings settings,
            Duration drainGrace,
            LongSupplier nanos) {
        this.loader = workshop.loader();
        this.room = new EvictingRoom(workshop.memory(), new Residence());
        this.validator = new Validator(workshop.loader(), workerId, bytes -> room(bytes, false));
        this.validations = new ValidationJobs(validator, sink);
        this.demands = new Demands(settings.waitingMax());
        this.desk = new DemandDesk(demands, slots);
        this.meters = new ResidencyMeters(workshop.meters());
        this.residency = new Residency(slots, desk, settings, meters, nanos);
        this.limits = new ReconcilePolicy.Limits(
                settings.loadingMax(),
                drainGrace.toNanos(),
                settings.failedRetry().toNanos());
        this.loaders = workshop.loaders();
        this.unloaders = workshop.unloaders();
        this.nanos = nanos;
        this.pauseEndNanos = nanos.getAsLong();
        this.pace = new LoadPace(settings.loadingShare(), workshop.cores());
        this.table = slots.table();
    }

    /// What can be called now. Any thread.
    public ServingTable table() {
        return table;
    }

    /// True once a snapshot, from the registry or from disk, was applied.
    public boolean isApplied() {
        return applied;
    }

    /// `listener` is called by the loop's thread, without the lock, after changes that a report would show.
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
                var _ = signal.await(waitNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long waitNanos() {
        long now = nanos.getAsLong();
        long due = Math.min(TICK_NANOS, demands.earliestDeadline(now + TICK_NANOS) - now);
        lock.lock();
        try {
            long pause = pauseEndNanos - now;
            return pause > 0 ? Math.min(due, pause) : due;
        } finally {
            lock.unlock();
        }
    }

    /// A new snapshot takes the place of the last.
    public void apply(DesiredState snapshot) {
        lock.lock();
        try {
            var kept = new HashSet<VersionKey>();
            for (var assignment : snapshot.assignments()) {
                var key = new VersionKey(assignment.model(), assignment.version());
                kept.add(key);
                table.know(key);
            }
            for (var assignment : desired.assignments()) {
                var key = new VersionKey(assignment.model(), assignment.version());
                if (!kept.contains(key) && slots.find(key) == null) {
                    slots.remember(key);
                }
            }
            desired = snapshot;
            applied = true;
        } finally {
            lock.unlock();
        }
        signal.raise();
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
            return slots.report();
        } finally {
            lock.unlock();
        }
    }

    /// Slots in each state, all states named.
    public Map<SlotState, Integer> slotsByState() {
        lock.lock();
        try {
            return slots.byState();
        } finally {
            lock.unlock();
        }
    }

    /// `demand` waits until the version is back in memory. Event loops; does not block.
    ///
    /// @throws ProblemException QUEUE_FULL when too many wait already
    public void demand(VersionKey key, Demand demand) {
        if (!demands.add(key, demand)) {
            throw ProblemException.retryAfter(
                    Problem.QUEUE_FULL, demands.count() + " calls wait for versions to be loaded (expected: fewer)", 1);
        }
        signal.raise();
    }

    /// Calls that wait for versions to come back.
    public int waiting() {
        return demands.count();
    }

    /// Does everything that is to be done now; what takes long goes to the executors.
    void tick() {
        var answers = new ArrayList<Runnable>();
        long changes;
        lock.lock();
        try {
            if (applied && !stopping) {
                slots.failBroken(nanos.getAsLong());
                desk.settle(nanos.getAsLong(), answers);
                for (var actions = decide(); !actions.isEmpty(); actions = decide()) {
                    actions.forEach(this::perform);
                }
            }
            changes = slots.changes();
        } finally {
            lock.unlock();
        }
        answers.forEach(Runnable::run);
        if (changes != changesTold) {
            changesTold = changes;
            changeListener.run();
        }
    }

    @GuardedBy("lock")
    private List<Action> decide() {
        return ReconcilePolicy.decide(
                desired, slots.views(demands.keys()), validations.views(), nanos.getAsLong(), pauseEndNanos, limits);
    }

    @GuardedBy("lock")
    private void perform(Action action) {
        long now = nanos.getAsLong();
        switch (action) {
            case Action.Create(var assignment) -> slots.create(assignment, now);
            case Action.Renew(var assignment) -> slots.create(assignment, now);
            case Action.Load(var key) -> {
                var slot = slots.get(key);
                slot.fetching(now);
                slots.changed();
                loaders.execute(() -> load(slot));
            }
            case Action.Discard(var key) -> slots.unloaded(key, now);
            case Action.Drain(var key) -> {
                slots.get(key).drain(now);
                slots.changed();
                log.info("event=version_draining version={}", key);
            }
            case Action.Resume(var key) -> {
                slots.get(key).resume(now);
                slots.changed();
            }
            case Action.Refuse(var key) -> slots.refuse(key);
            case Action.Unload(var key) -> {
                var slot = slots.get(key);
                var version = slots.served(key);
                slot.busy();
                unloaders.execute(() -> unload(slot, version));
            }
            case Action.Validate(var validation) -> {
                var job = validations.begin(validation, now);
                loaders.execute(() -> validate(job));
            }
            case Action.Forget(var id) -> validations.forget(id);
        }
    }

    private Room.Answer room(long bytes, boolean isForCall) throws InterruptedException {
        var answer = room.take(bytes, isForCall);
        if (answer instanceof Room.Answer.Full full) {
            meters.refused(full.why());
        }
        return answer;
    }

    private void load(Slot slot) {
        var key = slot.key();
        var assignment = slot.assignment();
        var former = slot.former();
        var isForCall = former != null;
        try {
            var request = new LoadRequest(
                    key,
                    assignment.sha256(),
                    assignment.bytes(),
                    assignment.tuning(),
                    former == null ? null : former.known(),
                    bytes -> room(bytes, isForCall));
            var progress = new VersionLoader.Progress() {
                @Override
                public void loading() {
                    change(_ -> slot.loading(nanos.getAsLong()));
                }

                @Override
                public void warming() {
                    change(_ -> slot.warming(nanos.getAsLong()));
                }
            };
            var before = loader.reading();
            var outcome = loader.serve(request, progress);
            long pause = isForCall ? 0 : pace.pauseNanos(before, loader.reading());
            pauseLoads(pause);
            change(answers -> residency.loaded(slot, outcome, answers));
            room.relieve();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            log.error("event=load_failed version={}", key, e);
            change(_ -> slots.failed(
                    slot,
                    new Failure("load", "engine-failure", String.valueOf(e), "See the worker's log."),
                    nanos.getAsLong()));
        }
    }

    private void pauseLoads(long pauseNanos) {
        lock.lock();
        try {
            pauseEndNanos = nanos.getAsLong() + pauseNanos;
        } finally {
            lock.unlock();
        }
    }

    /// For loader threads that want memory.
    private final class Residence implements EvictingRoom.Residents {
        @Override
        public EvictingRoom.Residents.Cleared clear(long bytesMissing, boolean isForCall) {
            lock.lock();
            try {
                return residency.evict(bytesMissing, isForCall);
            } finally {
                lock.unlock();
                signal.raise();
            }
        }

        @Override
        public void close(ServedVersion version) {
            loader.close(version);
        }
    }

    private void unload(Slot slot, ServedVersion version) {
        loader.close(version);
        change(_ -> {
            residency.unloaded(slot);
        });
    }

    private void validate(ValidationJobs.Job job) {
        try {
            var outcome = validator.validate(job.validation());
            change(_ -> validations.ended(job, outcome, nanos.getAsLong()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            log.error("event=validation_failed id={}", job.validation().id(), e);
            var failure = new Failure("load", "engine-failure", String.valueOf(e), "See the worker's log.");
            LoadOutcome<ValidationResult> rejected = new LoadOutcome.Loaded<>(validator.rejected(failure));
            change(_ -> validations.ended(job, rejected, nanos.getAsLong()));
        }
    }

    private interface Change {
        /// Under the lock; `answers` are given without it.
        void make(List<Runnable> answers);
    }

    /// For loader and unloader threads: a change under the lock, then a tick by the loop, and a report.
    private void change(Change change) {
        var answers = new ArrayList<Runnable>();
        lock.lock();
        try {
            change.make(answers);
            slots.changed();
        } finally {
            lock.unlock();
        }
        answers.forEach(Runnable::run);
        signal.raise();
    }

    /// Ends the loop, waits up to `wait` for the leases, and frees what nobody holds. The process is about to
    /// end: what is still running then is left to it.
    public void stop(Duration wait) throws InterruptedException {
        stopping = true;
        signal.raise();
        var thread = loop;
        if (thread != null) {
            thread.join();
        }
        var answers = new ArrayList<Runnable>();
        List<ServedVersion> all;
        lock.lock();
        try {
            desk.close(answers);
            all = slots.clear();
        } finally {
            lock.unlock();
        }
        answers.forEach(Runnable::run);
        long deadline = nanos.getAsLong() + wait.toNanos();
        for (var version : all) {
            // Leases come back on event loops, which signal nobody.
            while (version.leases() > 0 && deadline - nanos.getAsLong() > 0) {
                var _ = signal.await(LEASES_LOOK_NANOS);
            }
            if (version.leases() == 0) {
                loader.close(version);
            } else {
                log.warn("event=version_abandoned version={} leases={}", version.key(), version.leases());
            }
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
