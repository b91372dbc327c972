package io.presage.worker.engine;

import jakarta.validation.constraints.NotNull;
import java.util.List;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// `worker.devices.*`.
///
/// @param use `auto`: every GPU that there is; `cpu`: none, nor is one looked for; `cuda`: the worker does not
///     start without one
/// @param indexes of the GPUs that may be used, as the driver counts them; empty = all
public record DeviceSettings(
        @DefaultValue("auto") @NotNull Use use,
        @DefaultValue @NotNull List<Integer> indexes) {
    public enum Use {
        AUTO,
        CPU,
        CUDA
    }

    public DeviceSettings {
        indexes = List.copyOf(indexes);
        if (indexes.stream().anyMatch(index -> index < 0)) {
            throw new IllegalArgumentException("worker.devices.indexes: " + indexes + " (expected: 0 or more, each)");
        }
    }

    boolean wants(Device device) {
        return indexes.isEmpty() || indexes.contains(device.index());
    }

    String indexesText() {
        return indexes.isEmpty() ? "" : " among worker.devices.indexes " + indexes;
    }
}
