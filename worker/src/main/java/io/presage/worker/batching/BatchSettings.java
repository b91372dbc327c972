package io.presage.worker.batching;

import jakarta.validation.constraints.NotNull;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// `worker.batching.*`: what a package's `model.yaml` cannot say.
///
/// @param queueBytesMax tensors that may wait for one version
/// @param callRowsMax rows of one call: 1..65536; more are refused with 400
/// @param runThreads that run models, for all versions; started when needed: 1..1024, 0 = twice the cores, at
///     least 4
public record BatchSettings(
        @DefaultValue("64MB") @NotNull DataSize queueBytesMax,
        @DefaultValue("4096") int callRowsMax,
        @DefaultValue("0") int runThreads) {
    public BatchSettings {
        if (queueBytesMax.toBytes() < 1) {
            throw new IllegalArgumentException(
                    "worker.batching.queue-bytes-max: " + queueBytesMax + " (expected: at least 1 B)");
        }
        if (callRowsMax < 1 || callRowsMax > 65_536) {
            throw new IllegalArgumentException(
                    "worker.batching.call-rows-max: " + callRowsMax + " (expected: 1..65536)");
        }
        if (runThreads < 0 || runThreads > 1024) {
            throw new IllegalArgumentException("worker.batching.run-threads: " + runThreads + " (expected: 0..1024)");
        }
    }

    /// Threads that run models, on a machine of so many cores.
    public int runThreads(int cores) {
        return runThreads > 0 ? runThreads : Math.max(4, 2 * cores);
    }
}
