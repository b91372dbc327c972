package io.presage.worker.engine;

/// Where instances run.
///
/// @param index among the devices of its kind
/// @param name as the vendor calls it
/// @param memoryBytes that models may take on it
/// @param cores that runs may use at a time; 1 for other devices than the CPU
public record Device(Kind kind, int index, String name, long memoryBytes, int cores) {
    public Device(Kind kind, int index, String name, long memoryBytes) {
        this(kind, index, name, memoryBytes, 1);
    }

    /// Figures that were measured on one device hold for all of its class: `cpu:NAME:CORES`, `cuda:NAME`.
    public String deviceClass() {
        return switch (kind) {
            case CPU -> "cpu:" + name + ":" + cores;
            case CUDA -> "cuda:" + name;
        };
    }

    public enum Kind {
        CPU,
        CUDA
    }
}
