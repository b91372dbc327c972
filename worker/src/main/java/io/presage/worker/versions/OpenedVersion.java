package io.presage.worker.versions;

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
        CallProbe.Cost cost,
        double loadMillis)
        implements AutoCloseable {

    ModelPackage modelPackage() {
        return lease.modelPackage();
    }

    @Override
    public void close() {
        Closing.all(List.of(probed, task, memory, lease));
    }
}
