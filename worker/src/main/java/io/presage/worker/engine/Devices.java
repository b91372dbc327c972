package io.presage.worker.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the worker found at its start and may use. The CPU is always there.
public record Devices(Device cpu, List<Device> cuda) {
    private static final Logger log = LoggerFactory.getLogger(Devices.class);

    public Devices {
        cuda = List.copyOf(cuda);
    }

    /// The CPU first.
    public List<Device> all() {
        var all = new ArrayList<Device>();
        all.add(cpu);
        all.addAll(cuda);
        return List.copyOf(all);
    }

    /// `driver` is asked unless only the CPU is to be used, and `runtime` (which loads the engine's natives) only
    /// when the driver has found something.
    ///
    /// @param runtime true when the engine was built for CUDA
    /// @throws IllegalStateException when a GPU must be there and is not
    public static Devices find(
            DeviceSettings settings, Device cpu, Supplier<List<Device>> driver, BooleanSupplier runtime) {
        if (settings.use() == DeviceSettings.Use.CPU) {
            return new Devices(cpu, List.of());
        }
        var wanted = driver.get().stream().filter(settings::wants).toList();
        var found = wanted;
        if (!wanted.isEmpty() && !runtime.getAsBoolean()) {
            log.warn("event=gpu_unused devices={} why=\"this worker's ONNX Runtime is built for the CPU\"", wanted);
            found = List.of();
        }
        if (found.isEmpty() && settings.use() == DeviceSettings.Use.CUDA) {
            throw new IllegalStateException("worker.devices.use: cuda, but "
                    + (wanted.isEmpty()
                            ? "no CUDA device was found" + settings.indexesText()
                            : "this worker's ONNX Runtime is built for the CPU")
                    + " (expected: a GPU, its driver and the gpu variant of the worker, or auto)");
        }
        return new Devices(cpu, found);
    }
}
