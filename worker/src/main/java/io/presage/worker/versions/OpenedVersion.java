package io.presage.worker.versions;

import io.presage.contract.state.Tuning;
import io.presage.worker.artifacts.ArtifactCache;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.tasks.Task;
import java.util.List;

/// A version in memory that has answered a warm-up run and serves nobody yet. For one loader thread.
///
/// @param root as the engine loaded it; never run itself once others share it
/// @param probed `root` as the task wraps it, warm
/// @param warm prepared inputs that ran
/// @param cost of runs that follow each other, one at a time
/// @param tuning how it is to be run: as measured on this class of device, else a sensible default
/// @param section in which it is closed
record OpenedVersion(
        VersionKey key,
        ArtifactCache.Lease lease,
        MemoryBudget.Reservation memory,
        Engine engine,
        LoadPlan plan,
        LoadedModel root,
        Task task,
        LoadedModel probed,
        List<Sample> samples,
        Task.Prepared warm,
        CallProbe.Cost cost,
        Tuning tuning,
        double loadMillis,
        NativeSection section)
        implements AutoCloseable {

    ModelPackage modelPackage() {
        return lease.modelPackage();
    }

    @Override
    public void close() {
        section.free(memory.bytes(), () -> Closing.all(List.of(probed, task, memory, lease)));
    }
}
