package io.presage.worker.engine;

import java.util.List;

/// What the worker found at its start. The CPU is always there.
public record Devices(Device cpu, List<Device> cuda) {
    public Devices {
        cuda = List.copyOf(cuda);
    }
}
