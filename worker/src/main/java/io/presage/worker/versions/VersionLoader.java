package io.presage.worker.versions;

import io.presage.contract.infer.SignatureCheck;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.contract.state.Tuning;
import io.presage.worker.artifacts.ArtifactCache;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.artifacts.PackageException;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.Engines;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import io.presage.worker.tasks.Tasks;
import io.presage.worker.tuning.Tuner;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Brings a version from the registry into memory and to its first answer, step by step, and undoes every step
/// when a later one fails. Blocking; called by loader threads.
public final class VersionLoader {
    /// What a load takes at its peak: the file as it was parsed, and the weights that the runtime makes of it.
    private static final double PEAK_PER_PACKAGE_BYTE = 2.25;
    private static final long PEAK_FLOOR_BYTES = 256 << 10;
    /// No runtime holds a model in less.
    private static final long MEASURED_FLOOR_BYTES = 64 << 10;
    /// Sizes that are tried for variable dimensions other than rows, when a package has no samples.
    private static final long[] WARM_UP_SIZES = {1, 32};

    private final ArtifactCache artifacts;
    private final Engines engines;
    private final MemoryBudget memory;
    private final ServingAssembly assembly;
    private final Machine machine;
    private final NativeSection section;
    private final LoadPlanner planner;

    /// What loads need of the machine.
    ///
    /// @param nanos elapsed time
    /// @param threadCpuNanos CPU time of the thread that asks
    /// @param allocatedBytes native memory of this process that is in use
    /// @param trim gives memory that nobody uses back to the operating system
    /// @param atNormalPriority runs what starts threads: they inherit the priority of who starts them, and loader
    ///     threads have a low one
    public record Machine(
            LongSupplier nanos,
            LongSupplier threadCpuNanos,
            LongSupplier allocatedBytes,
            Runnable trim,
            Executor atNormalPriority) {}

    /// Hears of the steps, on the loader's thread.
    interface Progress {
        void loading();

        void warming();
    }

    public VersionLoader(
            ArtifactCache artifacts,
            Engines engines,
            MemoryBudget memory,
            ServingAssembly assembly,
            Machine machine,
            LoadPlanner planner) {
        this.artifacts = artifacts;
        this.engines = engines;
        this.memory = memory;
        this.assembly = assembly;
        this.machine = machine;
        this.section = new NativeSection(machine.allocatedBytes(), machine.trim());
        this.planner = planner;
    }

    /// Opens the version and puts it behind its queues.
    LoadOutcome<LoadedVersion> serve(LoadRequest request, Progress progress) throws InterruptedException {
        var opened = open(request, progress);
        if (!(opened instanceof LoadOutcome.Loaded<OpenedVersion>(var version))) {
            return retyped(opened);
        }
        var done = false;
        try {
            ServedVersion served;
            try (var visit = section.enter()) {
                served = atNormalPriority(() -> assembly.serve(version));
                if (version.modelPackage().manifest().instances() > 1) {
                    version.memory().correct(version.memory().bytes() + Math.max(0, visit.grownBytes()));
                }
            }
            served.begin(machine.nanos().getAsLong());
            done = true;
            return new LoadOutcome.Loaded<>(new LoadedVersion(
                    served, version.root(), version.cost(), version.tuning(), (long) (version.loadMillis() * 1e6)));
        } catch (LoadException e) {
            return new LoadOutcome.Failed<>(e.failure());
        } finally {
            if (!done) {
                version.close();
            }
        }
    }

    /// Of the loader's thread, to be asked before a load and after it.
    LoadPace.Reading reading() {
        return new LoadPace.Reading(
                machine.nanos().getAsLong(), machine.threadCpuNanos().getAsLong(), assembly.ranNanos());
    }

    /// Frees a version that nobody holds.
    void close(ServedVersion version) {
        section.free(version.memoryBytes(), version::close);
    }

    private interface Loading<T> {
        T run() throws LoadException;
    }

    /// Runs `loading` where threads that it starts are as urgent as any, and waits for it.
    private <T> T atNormalPriority(Loading<T> loading) throws LoadException, InterruptedException {
        var task = new FutureTask<>(loading::run);
        machine.atNormalPriority().execute(task);
        try {
            return task.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case LoadException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException("a load failed in an unknown way", e);
            }
        }
    }

    private static <T> LoadOutcome<T> retyped(LoadOutcome<OpenedVersion> outcome) {
        return switch (outcome) {
            case LoadOutcome.Loaded<OpenedVersion> _ ->
                throw new IllegalStateException("a success is no failure. This is a bug.");
            case LoadOutcome.Failed<OpenedVersion>(var failure) -> new LoadOutcome.Failed<>(failure);
            case LoadOutcome.Unreachable<OpenedVersion>(var failure) -> new LoadOutcome.Unreachable<>(failure);
            case LoadOutcome.NoRoom<OpenedVersion>(var full) -> new LoadOutcome.NoRoom<>(full);
        };
    }

    /// Loads and warms up. Whoever gets it closes it. A tuning of another device class is not used.
    LoadOutcome<OpenedVersion> open(LoadRequest request, Progress progress) throws InterruptedException {
        Deque<AutoCloseable> undo = new ArrayDeque<>();
        var done = false;
        try {
            var lease = artifacts.obtain(request.sha256(), request.bytes());
            undo.push(lease);
            var engine = engines.forPackage(lease.modelPackage());
            engine.start();
            var answer = request.room().take(peak(lease.modelPackage(), request.known()));
            if (!(answer instanceof Room.Answer.Granted(var reservation))) {
                return new LoadOutcome.NoRoom<>((Room.Answer.Full) answer);
            }
            undo.push(reservation);
            progress.loading();
            OpenedVersion opened;
            try (var visit = section.enter()) {
                opened = open(request, lease, reservation, engine, undo, progress);
                long growth = opened.root().runsElsewhere() ? opened.root().memoryBytes() : visit.grownBytes();
                reservation.correct(measured(lease.modelPackage().bytes(), growth, request.known()));
            }
            done = true;
            return new LoadOutcome.Loaded<>(opened);
        } catch (PackageException e) {
            return e.isTransient() ? new LoadOutcome.Unreachable<>(e.failure()) : new LoadOutcome.Failed<>(e.failure());
        } catch (LoadException e) {
            return new LoadOutcome.Failed<>(e.failure());
        } catch (OutOfMemoryError e) {
            return new LoadOutcome.Failed<>(new Failure(
                    "load",
                    "out-of-memory",
                    String.valueOf(e),
                    "Give the worker more memory, or use a smaller model."));
        } catch (IOException | RuntimeException e) {
            return new LoadOutcome.Failed<>(
                    new Failure("load", "engine-failure", String.valueOf(e), "See the worker's log for more."));
        } finally {
            if (!done) {
                section.free(0, () -> Closing.all(List.copyOf(undo)));
            }
        }
    }

    /// More than this a load has not been seen to take while it runs; what it keeps is known after it.
    private long peak(ModelPackage modelPackage, LoadRequest.@Nullable Known known) {
        long peak = (long) (modelPackage.bytes() * PEAK_PER_PACKAGE_BYTE) + PEAK_FLOOR_BYTES;
        // What was in memory once fits, however it was measured.
        return known == null ? peak : Math.max(peak, Math.min(known.memoryBytes(), memory.bytesMax()));
    }

    private OpenedVersion open(
            LoadRequest request,
            ArtifactCache.Lease lease,
            MemoryBudget.Reservation reservation,
            Engine engine,
            Deque<AutoCloseable> undo,
            Progress progress)
            throws LoadException, IOException, InterruptedException {
        var modelPackage = lease.modelPackage();
        long start = machine.nanos().getAsLong();
        var known = request.known();
        var planned = planner.plan(
                engine,
                modelPackage,
                reservation.bytes(),
                known != null ? known.tuning() : request.tuning(),
                lease.derived());
        var plan = planned.plan();
        var root = engine.startsThreads(plan)
                ? atNormalPriority(() -> planner.load(engine, modelPackage, plan, reservation.bytes()))
                : planner.load(engine, modelPackage, plan, reservation.bytes());
        undo.push(root);
        SignatureMatch.check(modelPackage.manifest().signature(), root.signature());
        var task = Tasks.create(modelPackage, root.signature());
        undo.push(task);
        var probed = task.adapt(root);
        progress.warming();
        var samples = Sample.readAll(modelPackage.directory());
        var probe = new CallProbe(task, probed, machine.nanos());
        var warm = warmUp(task, probed, probe, samples);
        double loadMillis = (machine.nanos().getAsLong() - start) / 1e6;
        int unitsPerRow = warm.unitsPerRow();
        var cost = known != null
                ? known.cost()
                : planned.known() != null ? CallProbe.Cost.of(planned.known(), unitsPerRow) : probe.measure(warm);
        var tuning = LoadPlanner.tuning(planned, modelPackage.manifest(), probed, unitsPerRow, cost.line(unitsPerRow));
        return new OpenedVersion(
                request.key(),
                lease,
                reservation,
                engine,
                plan,
                root,
                task,
                probed,
                samples,
                warm,
                cost,
                tuning,
                loadMillis,
                section);
    }

    /// See [LoadPlanner#tune]. Copies take room of the budget while they are measured.
    Optional<Tuning> tune(OpenedVersion version) throws LoadException {
        return planner.tune(
                version,
                intraOpThreads -> copy(version, version.plan().device(), intraOpThreads),
                intraOpThreads -> copy(version, planner.cpu(), intraOpThreads));
    }

    private Optional<Tuner.Copy> copy(OpenedVersion version, Device device, int intraOpThreads) throws LoadException {
        var room = memory.reserve(version.memory().bytes());
        if (room.isEmpty()) {
            return Optional.empty();
        }
        LoadedModel root;
        try {
            var plan = new LoadPlan(device, intraOpThreads, version.plan().derived());
            root = planner.load(
                    version.engine(),
                    version.modelPackage(),
                    plan,
                    version.memory().bytes());
        } catch (LoadException | RuntimeException e) {
            room.get().close();
            throw e;
        }
        var adapted = version.task().adapt(root);
        return Optional.of(new Tuner.Copy(
                root, adapted, () -> section.free(0, () -> Closing.all(List.of(adapted, room.get())))));
    }

    /// The growth of this process, which other threads' work blurs, held between the least and the most that is
    /// plausible; of several measurements the least, because what others allocate only adds.
    private static long measured(long packageBytes, long growth, LoadRequest.@Nullable Known known) {
        long most = packageBytes * 8 + (64L << 20);
        long measured = Math.clamp(growth, Math.max(packageBytes, MEASURED_FLOOR_BYTES), most);
        return known == null ? measured : Math.min(measured, known.memoryBytes());
    }

    /// Runs every sample once, or made up tensors when there is none. Gives inputs that ran.
    private Task.Prepared warmUp(Task task, LoadedModel instance, CallProbe probe, List<Sample> samples)
            throws LoadException {
        Task.Prepared warm = null;
        for (var sample : samples) {
            try {
                var inputs =
                        SignatureCheck.check(task.signature(), sample.request().inputs());
                probe.call(inputs);
                if (warm == null) {
                    warm = task.prepare(inputs);
                }
            } catch (ProblemException e) {
                throw new LoadException(
                        new Failure(
                                "warm-up",
                                "sample-failed",
                                "samples/" + sample.name() + ": " + e.problem() + ": " + e.detail(),
                                "Correct the sample request, or the model that cannot answer it."),
                        e);
            }
        }
        return warm != null ? warm : madeUp(task, instance);
    }

    private static Task.Prepared madeUp(Task task, LoadedModel instance) throws LoadException {
        ProblemException failure = null;
        for (long size : WARM_UP_SIZES) {
            var inputs = Zeros.of(instance.signature(), size);
            if (inputs.isPresent()) {
                try {
                    instance.run(inputs.get());
                    return task.signature().equals(instance.signature())
                            ? task.prepare(inputs.get())
                            : new Task.Prepared(inputs.get(), 1, 0, "warm-up");
                } catch (ProblemException e) {
                    failure = e;
                }
            }
        }
        throw new LoadException(
                new Failure(
                        "warm-up",
                        "engine-failure",
                        failure == null
                                ? "inputs of zeros would be larger than 64 MiB: "
                                        + instance.signature().inputs()
                                : failure.detail(),
                        "Add a sample request to the package (samples/NAME.request.json) that the model can answer."),
                failure);
    }
}
