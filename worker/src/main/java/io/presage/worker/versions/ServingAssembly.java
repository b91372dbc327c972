package io.presage.worker.versions;

import io.micrometer.core.instrument.MeterRegistry;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.batching.BatchLimits;
import io.presage.worker.batching.BatchSettings;
import io.presage.worker.batching.CostLine;
import io.presage.worker.batching.Lanes;
import io.presage.worker.batching.RunPool;
import io.presage.worker.batching.VersionQueue;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/// Puts an opened version behind its queue, so that it can be called. Loader threads.
public final class ServingAssembly {
    private final BatchSettings batchSettings;
    private final VersionSettings settings;
    private final Machine machine;
    private final RunPool pool;
    private final MeterRegistry meters;
    private final LongSupplier nanos;
    private final LongAdder ranNanos = new LongAdder();

    /// @param eventLoops that receive calls
    public record Machine(int cores, int eventLoops) {}

    public ServingAssembly(
            BatchSettings batchSettings,
            VersionSettings settings,
            Machine machine,
            RunPool pool,
            MeterRegistry meters,
            LongSupplier nanos) {
        this.batchSettings = batchSettings;
        this.settings = settings;
        this.machine = machine;
        this.pool = pool;
        this.meters = meters;
        this.nanos = nanos;
    }

    ServedVersion serve(OpenedVersion version) throws LoadException {
        var tuning = version.tuning();
        var versionMeters = new VersionMeters(meters, version.key(), ranNanos);
        List<AutoCloseable> undo = new ArrayList<>();
        try {
            var lanes = lanes(version, undo);
            var limits = limits(version);
            var queue = new VersionQueue(
                    version.key().toString(),
                    lanes,
                    limits,
                    CostLine.Line.ofMillis(tuning.millisPerUnit(), tuning.millisPerCall()),
                    versionMeters,
                    pool,
                    nanos);
            versionMeters.watch(queue);
            return new ServedVersion(
                    version.key(),
                    version.engine().platform(),
                    version.task(),
                    new LoopRunners(isInline(version) ? machine.eventLoops() : 0, () -> shared(version)),
                    queue,
                    new Serving(
                            version.probed().signature().batchable() ? limits.rowsMax() : 0,
                            tuning.instances(),
                            version.plan().device().kind(),
                            version.modelPackage().manifest().batching().windowMicros()),
                    versionMeters,
                    version.memory(),
                    List.of(versionMeters, version.task(), version.memory(), version.lease()));
        } catch (LoadException | RuntimeException e) {
            versionMeters.close();
            Closing.all(undo);
            throw e;
        }
    }

    /// What runs of all versions have taken so far.
    long ranNanos() {
        return ranNanos.sum();
    }

    private boolean isInline(OpenedVersion version) {
        return version.task().isLight()
                && !version.root().runsElsewhere()
                && TimeUnit.NANOSECONDS.convert(settings.inlineMax())
                        > version.cost().millisOfOneRow() * 1e6;
    }

    /// As many as the tuning says, which heeds what model.yaml pins. Views of the loaded weights are made when
    /// they are needed; an engine that has none loads again for each pinned instance now, and runs one without a
    /// pin.
    private static Lanes lanes(OpenedVersion version, List<AutoCloseable> undo) throws LoadException {
        var manifest = version.modelPackage().manifest();
        List<LoadedModel> first = new ArrayList<>(List.of(version.probed()));
        while (first.size() < manifest.instances()) {
            var view = shared(version);
            if (view.isPresent()) {
                undo.add(view.get());
                first.add(view.get());
                break;
            }
            var loaded = version.task().adapt(version.engine().load(version.modelPackage(), version.plan()));
            undo.add(loaded);
            first.add(loaded);
        }
        return new Lanes(first, version.tuning().instances(), () -> shared(version));
    }

    private static Optional<LoadedModel> shared(OpenedVersion version) {
        return version.root().share().map(version.task()::adapt);
    }

    private BatchLimits limits(OpenedVersion version) {
        Manifest.Batching batching = version.modelPackage().manifest().batching();
        int rowsMax = version.probed().signature().batchable() ? batching.rowsMax() : 1;
        return new BatchLimits(
                Math.min(rowsMax, version.tuning().rowsMax()),
                batching.tokensMax(),
                batching.bytesMax(),
                batching.queueRowsMax(),
                batchSettings.queueBytesMax().toBytes(),
                batching.windowMicros() < 0
                        ? BatchLimits.LEARNED
                        : TimeUnit.MICROSECONDS.toNanos(batching.windowMicros()));
    }
}
