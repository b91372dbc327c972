package io.presage.worker.versions;

import io.presage.contract.infer.SignatureCheck;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.contract.state.Tuning;
import io.presage.worker.artifacts.ArtifactCache;
import io.presage.worker.artifacts.PackageException;
import io.presage.worker.engine.Devices;
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
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Brings a version from the registry into memory and to its first answer, step by step, and undoes every step
/// when a later one fails. Blocking; called by loader threads.
public final class VersionLoader {
    /// Weights, packed or prepared copies of some of them, and what a run needs.
    private static final double MEMORY_PER_MODEL_BYTE = 1.5;
    private static final long MEMORY_FLOOR_BYTES = 1 << 20;
    /// Sizes that are tried for variable dimensions other than rows, when a package has no samples.
    private static final long[] WARM_UP_SIZES = {1, 32};

    private final ArtifactCache artifacts;
    private final Engines engines;
    private final MemoryBudget memory;
    private final ServingAssembly assembly;
    private final Readings readings;
    private final Devices devices;
    private final Tuner tuner;

    /// What is read from the machine.
    ///
    /// @param nanos elapsed time
    /// @param residentBytes memory of this process
    public record Readings(LongSupplier nanos, LongSupplier residentBytes) {}

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
            Readings readings,
            Devices devices,
            Tuner tuner) {
        this.artifacts = artifacts;
        this.engines = engines;
        this.memory = memory;
        this.assembly = assembly;
        this.readings = readings;
        this.devices = devices;
        this.tuner = tuner;
    }

    /// Opens the version and puts it behind its queues. `tuning`: as it was measured at the validation.
    LoadOutcome<ServedVersion> serve(
            VersionKey key, String sha256, long bytes, @Nullable Tuning tuning, Progress progress)
            throws InterruptedException {
        var opened = open(key, sha256, bytes, tuning, progress);
        if (!(opened instanceof LoadOutcome.Loaded<OpenedVersion>(var version))) {
            return retyped(opened);
        }
        try {
            return new LoadOutcome.Loaded<>(assembly.serve(version));
        } catch (LoadException e) {
            version.close();
            return new LoadOutcome.Failed<>(e.failure());
        } catch (RuntimeException e) {
            version.close();
            throw e;
        }
    }

    private static <T> LoadOutcome<T> retyped(LoadOutcome<OpenedVersion> outcome) {
        return switch (outcome) {
            case LoadOutcome.Loaded<OpenedVersion> _ ->
                throw new IllegalStateException("a success is no failure. This is a bug.");
            case LoadOutcome.Failed<OpenedVersion>(var failure) -> new LoadOutcome.Failed<>(failure);
            case LoadOutcome.Unreachable<OpenedVersion>(var failure) -> new LoadOutcome.Unreachable<>(failure);
            case LoadOutcome.NoRoom<OpenedVersion>(var failure) -> new LoadOutcome.NoRoom<>(failure);
        };
    }

    /// Loads and warms up. Whoever gets it closes it. A `tuning` of another device class is not used.
    LoadOutcome<OpenedVersion> open(
            VersionKey key, String sha256, long bytes, @Nullable Tuning tuning, Progress progress)
            throws InterruptedException {
        Deque<AutoCloseable> undo = new ArrayDeque<>();
        var done = false;
        try {
            var lease = artifacts.obtain(sha256, bytes);
            undo.push(lease);
            progress.loading();
            var modelPackage = lease.modelPackage();
            long estimate = (long) (modelPackage.bytes() * MEMORY_PER_MODEL_BYTE) + MEMORY_FLOOR_BYTES;
            var reservation = memory.reserve(estimate);
            if (reservation.isEmpty()) {
                return new LoadOutcome.NoRoom<>(noRoom(estimate));
            }
            undo.push(reservation.get());
            var opened = open(key, lease, reservation.get(), tuning, undo, progress);
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
                Closing.all(List.copyOf(undo));
            }
        }
    }

    private OpenedVersion open(
            VersionKey key,
            ArtifactCache.Lease lease,
            MemoryBudget.Reservation reservation,
            @Nullable Tuning assigned,
            Deque<AutoCloseable> undo,
            Progress progress)
            throws LoadException, IOException {
        var modelPackage = lease.modelPackage();
        long start = readings.nanos().getAsLong();
        long residentBefore = readings.residentBytes().getAsLong();
        var engine = engines.forPackage(modelPackage);
        if (modelPackage.manifest().device().equals("gpu")) {
            throw new LoadException(new Failure(
                    "load",
                    "unsupported-device",
                    "device: gpu (expected: cpu or any, this worker has no GPU)",
                    "Set `device: any` in model.yaml, or add a worker with a GPU."));
        }
        var manifest = modelPackage.manifest();
        var device = devices.cpu();
        var known = assigned != null && assigned.deviceClass().equals(device.deviceClass())
                ? Tuner.pinned(manifest, assigned)
                : null;
        var plan = new LoadPlan(
                device, known != null ? known.intraOpThreads() : Tuner.intraOpThreads(manifest, device), null);
        var root = engine.load(modelPackage, plan);
        undo.push(root);
        var task = Tasks.create(modelPackage, root.signature());
        undo.push(task);
        var probed = task.adapt(root);
        progress.warming();
        var samples = Sample.readAll(modelPackage.directory());
        var probe = new CallProbe(task, probed, readings.nanos());
        var warm = warmUp(task, probed, probe, samples);
        double loadMillis = (readings.nanos().getAsLong() - start) / 1e6;
        int unitsPerRow = warm.unitsPerRow();
        var cost = known != null ? CallProbe.Cost.of(known, unitsPerRow) : probe.measure(warm);
        var tuning = known != null
                ? known
                : Tuner.byDefault(
                        manifest, device, probed.signature().batchable(), unitsPerRow, cost.line(unitsPerRow));
        reservation.correct(
                measured(modelPackage.bytes(), readings.residentBytes().getAsLong() - residentBefore));
        return new OpenedVersion(
                key, lease, reservation, engine, plan, root, task, probed, samples, warm, cost, tuning, loadMillis);
    }

    /// Measures which setting suits an opened version best; empty when nothing is to be measured. For
    /// validations: it takes seconds of all cores.
    Optional<Tuning> tune(OpenedVersion version) {
        var samples = version.samples().stream()
                .map(sample -> version.task()
                        .prepare(SignatureCheck.check(
                                version.task().signature(), sample.request().inputs())))
                .toList();
        return tuner.tune(new Tuner.Subject(
                version.modelPackage().manifest(),
                version.plan().device(),
                version.task(),
                version.plan().intraOpThreads(),
                version.root(),
                version.probed(),
                samples.isEmpty() ? List.of(version.warm()) : samples,
                intraOpThreads -> copy(version, intraOpThreads)));
    }

    private Optional<Tuner.Copy> copy(OpenedVersion version, int intraOpThreads) throws LoadException {
        var room = memory.reserve(version.memory().bytes());
        if (room.isEmpty()) {
            return Optional.empty();
        }
        LoadedModel root;
        try {
            var plan = version.plan();
            root = version.engine()
                    .load(version.modelPackage(), new LoadPlan(plan.device(), intraOpThreads, plan.derived()));
        } catch (LoadException | RuntimeException e) {
            room.get().close();
            throw e;
        }
        var adapted = version.task().adapt(root);
        return Optional.of(new Tuner.Copy(root, adapted, () -> Closing.all(List.of(adapted, room.get()))));
    }

    /// The growth of this process, which other work blurs, held between the least and the most that is
    /// plausible.
    private static long measured(long modelBytes, long growth) {
        long most = modelBytes * 8 + (64L << 20);
        return Math.clamp(growth, Math.max(modelBytes, 1), most);
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
        return warm != null ? warm : madeUp(instance);
    }

    private static Task.Prepared madeUp(LoadedModel instance) throws LoadException {
        ProblemException failure = null;
        for (long size : WARM_UP_SIZES) {
            var inputs = Zeros.of(instance.signature(), size);
            if (inputs.isPresent()) {
                try {
                    instance.run(inputs.get());
                    return new Task.Prepared(inputs.get(), 1, 0, "warm-up");
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

    private Failure noRoom(long estimate) {
        return new Failure(
                "load",
                "out-of-memory",
                "needs about " + estimate + " bytes; " + memory.bytesUsed() + " of " + memory.bytesMax() + " are taken",
                "Raise worker.memory-max, add a worker, or take other versions out of deployment.");
    }
}
