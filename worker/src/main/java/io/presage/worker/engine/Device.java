package io.presage.worker.engine;

/// Where instances run.
///
/// @param index among the devices of its kind
/// @param name as the vendor calls it
/// @param memoryBytes that models may take on it
public record Device(Kind kind, int index, String name, long memoryBytes) {
    public enum Kind {
        CPU,
        CUDA
    }
}
