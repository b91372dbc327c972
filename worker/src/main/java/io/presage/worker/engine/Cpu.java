package io.presage.worker.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What the processor is called. Pure but for [#name].
public final class Cpu {
    private static final Path INFO = Path.of("/proc/cpuinfo");

    private Cpu() {}

    /// As Linux says it, else the architecture.
    public static String name() {
        try {
            return name(Files.readAllLines(INFO, StandardCharsets.ISO_8859_1), System.getProperty("os.arch", "cpu"));
        } catch (IOException e) {
            // Not Linux.
            return System.getProperty("os.arch", "cpu");
        }
    }

    /// The first `model name` of /proc/cpuinfo, its blanks single and its colons gone, because a device class is
    /// taken apart at them; `otherwise` where there is none (on ARM).
    static String name(List<String> cpuinfo, String otherwise) {
        return cpuinfo.stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1)
                        .replace(':', ' ')
                        .strip()
                        .replaceAll("\\s+", " "))
                .filter(name -> !name.isEmpty())
                .findFirst()
                .orElse(otherwise);
    }
}
