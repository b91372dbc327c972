package io.presage.worker.versions;

import io.micrometer.core.instrument.MeterRegistry;
import io.presage.contract.infer.SignatureCheck;
import io.presage.contract.state.Tuning;
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
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Puts an opened version behind its queue, so that it can be called. Loader threads.
public final class ServingAssembly {
    private final BatchSettings batchSettings;
    private final VersionSettings settings;
    private final Machine machine;
    private final RunPool pool;
    private final MeterRegistry meters;
    private final LongSupplier nanos;

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
        return serve(version, null);
    }

    /// `tuning`: measured for this version on this class of device; null when nothing was.
    ServedVersion serve(OpenedVersion version, @Nullable Tuning tuning) throws LoadException {
        var versionMeters = new VersionMeters(meters, version.key());
        List<AutoCloseable> undo = new ArrayList<>();
        try {
            var lanes = lanes(version, tuning, undo);
            var queue = new VersionQueue(
                    version.key().toString(),
                    lanes,
                    limits(version, tuning),
                    tuning == null
                            ? costOf(version)
                            : CostLine.Line.ofMillis(tuning.millisPerUnit(), tuning.millisPerCall()),
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
                    versionMeters,
                    version.memory(),
                    List.of(versionMeters, version.task(), version.memory(), version.lease()));
        } catch (LoadException | RuntimeException e) {
            versionMeters.close();
            Closing.all(undo);
            throw e;
        }
    }

    private boolean isInline(OpenedVersion version) {
        return version.task().isLight()
                && TimeUnit.NANOSECONDS.convert(settings.inlineMax())
                        > version.cost().millisOfOneRow() * 1e6;
    }

    /// What model.yaml pins, else what was measured, else as many as cores, or one run on all cores for the
    /// latency profile. Views of the loaded weights are made when they are needed; an engine that has none loads
    /// again for each pinned instance now, and runs one without a pin.
    private Lanes lanes(OpenedVersion version, @Nullable Tuning tuning, List<AutoCloseable> undo) throws LoadException {
        var manifest = version.modelPackage().manifest();
        int max = manifest.instances() > 0
                ? manifest.instances()
                : tuning != null ? tuning.instances() : manifest.profile().equals("latency") ? 1 : machine.cores();
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
        return new Lanes(first, max, () -> shared(version));
    }

    private static Optional<LoadedModel> shared(OpenedVersion version) {
        return version.root().share().map(version.task()::adapt);
    }

    private BatchLimits limits(OpenedVersion version, @Nullable Tuning tuning) {
        Manifest.Batching batching = version.modelPackage().manifest().batching();
        int rowsMax = version.probed().signature().batchable() ? batching.rowsMax() : 1;
        return new BatchLimits(
                tuning == null ? rowsMax : Math.min(rowsMax, tuning.rowsMax()),
                batching.tokensMax(),
                batching.bytesMax(),
                batching.queueRowsMax(),
                batchSettings.queueBytesMax().toBytes(),
                batching.windowMicros() < 0
                        ? BatchLimits.LEARNED
                        : TimeUnit.MICROSECONDS.toNanos(batching.windowMicros()));
    }

    /// The probe counts rows; where rows are padded, a unit is a token of the rows that it ran.
    private static CostLine.Line costOf(OpenedVersion version) {
        int length = 0;
        if (!version.samples().isEmpty()) {
            var inputs = version.samples().getFirst().request().inputs();
            length = version.task()
                    .prepare(SignatureCheck.check(version.task().signature(), inputs))
                    .length();
        }
        return CostLine.Line.ofMillis(
                version.cost().millisPerRow() / Math.max(1, length),
                version.cost().millisPerCall());
    }
}
