package io.presage.worker.versions;

import io.presage.contract.infer.SignatureCheck;
import io.presage.contract.state.Failure;
import io.presage.contract.state.Tuning;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.Devices;
import io.presage.worker.engine.Engine;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.LoadedModel;
import io.presage.worker.engine.Placement;
import io.presage.worker.tasks.Task;
import io.presage.worker.tuning.CostLine;
import io.presage.worker.tuning.Tuner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// On which device and in which setting a version is loaded. Keeps the budgets of the GPUs' memory; the CPU's is
/// the loader's. Any thread.
public final class LoadPlanner {
    private final Devices devices;
    private final Tuner tuner;
    private final Map<Device, Gpu> gpus = new LinkedHashMap<>();

    private record Gpu(MemoryBudget memory, AtomicInteger instances) {}

    /// @param known the setting, when it was measured on this class of device
    record Planned(LoadPlan plan, @Nullable Tuning known) {}

    public LoadPlanner(Devices devices, Tuner tuner) {
        this.devices = devices;
        this.tuner = tuner;
        for (var device : devices.cuda()) {
            gpus.put(device, new Gpu(new MemoryBudget(device.memoryBytes()), new AtomicInteger()));
        }
    }

    /// @param bytes that the version needs, about
    /// @param derived where the engine may keep what it makes of the package
    /// @throws LoadException `unsupported-device` when it can run nowhere here
    Planned plan(
            Engine engine, ModelPackage modelPackage, long bytes, @Nullable Tuning assigned, @Nullable Path derived)
            throws LoadException {
        var manifest = modelPackage.manifest();
        var offers = new ArrayList<Placement.Offer>();
        offers.add(new Placement.Offer(devices.cpu(), devices.cpu().memoryBytes(), 0));
        gpus.forEach((device, gpu) -> offers.add(new Placement.Offer(
                device,
                gpu.memory().bytesMax() - gpu.memory().bytesUsed(),
                gpu.instances().get())));
        // An engine may have to load its natives to say what it can: asked only when it matters.
        var kinds = gpus.isEmpty() ? Set.of(Device.Kind.CPU) : engine.devices();
        var measuredOn = assigned == null ? null : assigned.deviceClass();
        var placement =
                Placement.of(new Placement.Wish(manifest.device(), bytes, measuredOn), engine.name(), kinds, offers);
        return switch (placement) {
            case Placement.On(var device) -> planned(manifest, device, assigned, derived);
            case Placement.Refused(var failure) -> throw new LoadException(failure);
        };
    }

    private static Planned planned(
            Manifest manifest, Device device, @Nullable Tuning assigned, @Nullable Path derived) {
        if (assigned != null && assigned.deviceClass().equals(device.deviceClass())) {
            var known = Tuner.pinned(manifest, assigned);
            return new Planned(new LoadPlan(device, known.intraOpThreads(), derived), known);
        }
        return new Planned(new LoadPlan(device, Tuner.intraOpThreads(manifest, device), derived), null);
    }

    /// Loads, and counts against the device's memory what goes on a GPU, until the model is closed.
    LoadedModel load(Engine engine, ModelPackage modelPackage, LoadPlan plan, long bytes) throws LoadException {
        var gpu = gpus.get(plan.device());
        if (gpu == null) {
            return engine.load(modelPackage, plan);
        }
        var reservation = gpu.memory().reserve(bytes);
        if (reservation.isEmpty()) {
            throw new LoadException(new Failure(
                    "load",
                    "out-of-memory",
                    "needs about " + bytes + " bytes on " + plan.device().deviceClass() + "; "
                            + gpu.memory().bytesUsed() + " of " + gpu.memory().bytesMax() + " are taken",
                    "Add a GPU, or take other versions out of deployment."));
        }
        try {
            var model = engine.load(modelPackage, plan);
            gpu.instances().incrementAndGet();
            return new HeldOnDevice(model, () -> {
                gpu.instances().decrementAndGet();
                reservation.get().close();
            });
        } catch (LoadException | RuntimeException e) {
            reservation.get().close();
            throw e;
        }
    }

    /// How an opened version is to be run: as measured, else as is sensible everywhere.
    static Tuning tuning(Planned planned, Manifest manifest, LoadedModel probed, int unitsPerRow, CostLine line) {
        return planned.known() != null
                ? planned.known()
                : Tuner.byDefault(
                        manifest, planned.plan().device(), probed.signature().batchable(), unitsPerRow, line);
    }

    /// Measures which setting suits an opened version best; empty when nothing is to be measured. For
    /// validations: it takes seconds of all cores. A version that may run anywhere is measured on the CPU too
    /// when it was opened on a GPU.
    Optional<Tuning> tune(OpenedVersion version, Tuner.Copies copies, Tuner.Copies onCpu) throws LoadException {
        var samples = version.samples().stream()
                .map(sample -> version.task()
                        .prepare(SignatureCheck.check(
                                version.task().signature(), sample.request().inputs())))
                .toList();
        var prepared = samples.isEmpty() ? List.of(version.warm()) : samples;
        var manifest = version.modelPackage().manifest();
        var here = tuner.tune(subject(
                version,
                version.plan().device(),
                version.plan().intraOpThreads(),
                version.root(),
                version.probed(),
                prepared,
                copies));
        if (here.isEmpty()
                || version.plan().device().kind() == Device.Kind.CPU
                || !manifest.device().equals("any")) {
            return here;
        }
        int threads = Tuner.intraOpThreads(manifest, devices.cpu());
        var copy = onCpu.load(threads);
        if (copy.isEmpty()) {
            return here;
        }
        try (var there = copy.get()) {
            var cpu = tuner.tune(
                    subject(version, devices.cpu(), threads, there.root(), there.adapted(), prepared, onCpu));
            var unitsPerRow = version.warm().unitsPerRow();
            return cpu.isPresent()
                    ? Optional.of(Tuner.faster(here.get(), cpu.get(), manifest.profile(), unitsPerRow))
                    : here;
        }
    }

    private static Tuner.Subject subject(
            OpenedVersion version,
            Device device,
            int intraOpThreads,
            LoadedModel root,
            LoadedModel probed,
            List<Task.Prepared> prepared,
            Tuner.Copies copies) {
        return new Tuner.Subject(
                version.modelPackage().manifest(),
                device,
                version.task(),
                intraOpThreads,
                root,
                probed,
                prepared,
                copies);
    }

    Device cpu() {
        return devices.cpu();
    }
}
