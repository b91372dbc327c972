package io.presage.worker.versions;

import io.micrometer.core.instrument.MeterRegistry;
import io.presage.worker.batching.BatchLimits;
import io.presage.worker.batching.BatchSettings;
import io.presage.worker.batching.Batcher;
import io.presage.worker.batching.Instances;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Puts an opened version behind its queues, so that it can be called. Loader threads.
public final class ServingAssembly {
    private final BatchSettings batchSettings;
    private final VersionSettings settings;
    private final int eventLoops;
    private final MeterRegistry meters;
    private final LongSupplier nanos;

    public ServingAssembly(
            BatchSettings batchSettings,
            VersionSettings settings,
            int eventLoops,
            MeterRegistry meters,
            LongSupplier nanos) {
        this.batchSettings = batchSettings;
        this.settings = settings;
        this.eventLoops = eventLoops;
        this.meters = meters;
        this.nanos = nanos;
    }

    ServedVersion serve(OpenedVersion version) throws LoadException {
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
                    TimeUnit.MICROSECONDS.toNanos(
                            Math.max(0, manifest.batching().windowMicros())));
            var batchers = new ArrayList<Batcher>();
            int count = Math.max(1, manifest.instances());
            for (int i = 0; i < count; i++) {
                var instance = i == 0 ? version.probed() : another(version);
                if (i > 0) {
                    undo.add(instance);
                }
                batchers.add(new Batcher(
                        version.key() + (count == 1 ? "" : "#" + i), instance, limits, versionMeters, nanos));
            }
            var instances = new Instances(batchers);
            versionMeters.queueRows(instances::queueRows);
            var served = new ServedVersion(
                    version.key(),
                    version.engine().platform(),
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
                .adapt(
                        shared.isPresent()
                                ? shared.get()
                                : version.engine().load(version.modelPackage(), version.plan()));
    }
}
