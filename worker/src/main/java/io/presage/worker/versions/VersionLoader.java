package io.presage.worker.versions;

import io.micrometer.core.instrument.MeterRegistry;
import io.presage.contract.infer.SignatureCheck;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.ArtifactCache;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.artifacts.PackageException;
import io.presage.worker.batching.BatchLimits;
import io.presage.worker.batching.BatchSettings;
import io.presage.worker.batching.Batcher;
import io.presage.worker.batching.Instances;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import io.presage.worker.tasks.Tasks;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Brings a version from the registry into memory and to its first answer, step by step, and undoes every step
/// when a later one fails. Blocking; called by loader threads.
public final class VersionLoader {
    /// Weights, packed or prepared copies of some of them, and what a run needs.
    private static final double MEMORY_PER_MODEL_BYTE = 1.5;
    private static final long MEMORY_FLOOR_BYTES = 1 << 20;
    /// Sizes that are tried for variable dimensions other than rows, when a package has no samples.
    private static final long[] WARM_UP_SIZES = {1, 32};

    private final ArtifactCache artifacts;
    private final List<Engine> engines;
    private final MemoryBudget memory;
    private final BatchSettings batchSettings;
    private final VersionSettings settings;
    private final int eventLoops;
    private final MeterRegistry meters;
    private final Readings readings;

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
            List<Engine> engines,
            MemoryBudget memory,
            BatchSettings batchSettings,
            VersionSettings settings,
            int eventLoops,
            MeterRegistry meters,
            Readings readings) {
        this.artifacts = artifacts;
        this.engines = List.copyOf(engines);
        this.memory = memory;
        this.batchSettings = batchSettings;
        this.settings = settings;
        this.eventLoops = eventLoops;
        this.meters = meters;
        this.readings = readings;
    }

    /// Opens the version and puts it behind its queues.
    LoadOutcome<ServedVersion> serve(VersionKey key, String sha256, long bytes, Progress progress)
            throws InterruptedException {
        var opened = open(key, sha256, bytes, progress);
        if (!(opened instanceof LoadOutcome.Loaded<OpenedVersion>(var version))) {
            return retyped(opened);
        }
        try {
            return new LoadOutcome.Loaded<>(behindQueues(version));
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

    /// Loads and warms up. Whoever gets it closes it.
    LoadOutcome<OpenedVersion> open(VersionKey key, String sha256, long bytes, Progress progress)
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
            var opened = open(key, lease, reservation.get(), undo, progress);
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
            Deque<AutoCloseable> undo,
            Progress progress)
            throws LoadException, IOException {
        var modelPackage = lease.modelPackage();
        long start = readings.nanos().getAsLong();
        long residentBefore = readings.residentBytes().getAsLong();
        var engine = engineFor(modelPackage);
        var root = engine.load(modelPackage);
        undo.push(root);
        var task = Tasks.create(modelPackage, root.signature());
        undo.push(task);
        var probed = task.adapt(root);
        progress.warming();
        var samples = Sample.readAll(modelPackage.directory());
        var probe = new CallProbe(task, probed, readings.nanos());
        var warm = warmUp(task, probed, probe, samples);
        double loadMillis = (readings.nanos().getAsLong() - start) / 1e6;
        var cost = probe.measure(warm);
        reservation.correct(
                measured(modelPackage.bytes(), readings.residentBytes().getAsLong() - residentBefore));
        return new OpenedVersion(key, lease, reservation, engine, root, task, probed, samples, cost, loadMillis);
    }

    /// The growth of this process, which other work blurs, held between the least and the most that is
    /// plausible.
    private static long measured(long modelBytes, long growth) {
        long most = modelBytes * 8 + (64L << 20);
        return Math.clamp(growth, Math.max(modelBytes, 1), most);
    }

    private Engine engineFor(ModelPackage modelPackage) throws LoadException {
        var wanted = modelPackage.manifest().engine();
        for (var engine : engines) {
            if ((wanted == null || wanted.equals(engine.name())) && engine.reads(modelPackage)) {
                return engine;
            }
        }
        throw new LoadException(new Failure(
                "load",
                "unknown-format",
                "engine: " + (wanted == null ? "(by the file)" : wanted) + " cannot read "
                        + modelPackage.modelFile().getFileName(),
                "Use one of " + engines.stream().map(Engine::name).toList() + ", or leave engine out."));
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

    private ServedVersion behindQueues(OpenedVersion version) throws LoadException {
        var manifest = version.modelPackage().manifest();
        var versionMeters = new VersionMeters(meters, version.key());
        List<AutoCloseable> undo = new ArrayList<>();
        try {
            var isInline = version.task().isLight()
                    && TimeUnit.NANOSECONDS.convert(settings.inlineMax())
                            > version.cost().millisOfOneRow() * 1e6;
            var runners = new ArrayList<LoadedModel>();
            for (int i = 0; isInline && i < eventLoops; i++) {
                var shared = version.root().share();
                if (shared.isEmpty()) {
                    break;
                }
                var runner = version.task().adapt(shared.get());
                undo.add(runner);
                runners.add(runner);
            }
            var limits = new BatchLimits(
                    version.probed().signature().batchable()
                            ? manifest.batching().rowsMax()
                            : 1,
                    manifest.batching().queueRowsMax(),
                    batchSettings.queueBytesMax().toBytes(),
                    TimeUnit.MICROSECONDS.toNanos(manifest.batching().windowMicros()));
            var batchers = new ArrayList<Batcher>();
            for (int i = 0; i < manifest.instances(); i++) {
                var instance = i == 0 ? version.probed() : another(version);
                if (i > 0) {
                    undo.add(instance);
                }
                batchers.add(new Batcher(
                        version.key() + (manifest.instances() == 1 ? "" : "#" + i),
                        instance,
                        limits,
                        versionMeters,
                        readings.nanos()));
            }
            var instances = new Instances(batchers);
            versionMeters.queueRows(instances::queueRows);
            var served = new ServedVersion(
                    version.key(),
                    version.engine().name() + "_onnx",
                    version.task(),
                    runners,
                    instances,
                    versionMeters,
                    version.memory(),
                    List.of(versionMeters, version.task(), version.memory(), version.lease()));
            batchers.forEach(Batcher::start);
            return served;
        } catch (LoadException | RuntimeException e) {
            versionMeters.close();
            Closing.all(undo);
            throw e;
        }
    }

    private LoadedModel another(OpenedVersion version) throws LoadException {
        Optional<LoadedModel> shared = version.root().share();
        return version.task()
                .adapt(shared.isPresent() ? shared.get() : version.engine().load(version.modelPackage()));
    }

    private Failure noRoom(long estimate) {
        return new Failure(
                "load",
                "out-of-memory",
                "needs about " + estimate + " bytes; " + memory.bytesUsed() + " of " + memory.bytesMax() + " are taken",
                "Raise worker.memory-max, add a worker, or take other versions out of deployment.");
    }
}
