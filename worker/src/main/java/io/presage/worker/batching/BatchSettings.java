package io.presage.worker.batching;

import jakarta.validation.constraints.NotNull;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// `worker.batching.*`: what a package's `model.yaml` cannot say.
///
/// @param queueBytesMax tensors that may wait per instance
/// @param callRowsMax rows of one call: 1..65536; more are refused with 400
public record BatchSettings(
        @DefaultValue("64MB") @NotNull DataSize queueBytesMax,
        @DefaultValue("4096") int callRowsMax) {
    public BatchSettings {
        if (queueBytesMax.toBytes() < 1) {
            throw new IllegalArgumentException(
                    "worker.batching.queue-bytes-max: " + queueBytesMax + " (expected: at least 1 B)");
        }
        if (callRowsMax < 1 || callRowsMax > 65_536) {
            throw new IllegalArgumentException(
                    "worker.batching.call-rows-max: " + callRowsMax + " (expected: 1..65536)");
        }
    }
}
