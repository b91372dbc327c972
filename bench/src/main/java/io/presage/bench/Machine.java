package io.presage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The machine that everything runs on.
final class Machine {
    /// `/proc/stat`: cpu user nice system idle iowait irq softirq steal ...
    private static final int STEAL_FIELD = 8;

    /// Hundredths of a processor's second since the machine's start in which it was the hypervisor that ran
    /// others,
    /// over all processors; 0 where the kernel does not say.
    static long stolenTicks() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/stat"))) {
            var fields = lines.findFirst().orElse("").strip().split(" +");
            return fields.length > STEAL_FIELD ? Long.parseLong(fields[STEAL_FIELD]) : 0;
        }
    }

    static String sayStolen(long ticks, double seconds) {
        double share = ticks / 100.0 / (seconds * Runtime.getRuntime().availableProcessors());
        return "The hypervisor took " + Math.round(share * 100) + " % of the processors' time meanwhile.";
    }

    private Machine() {}
}
