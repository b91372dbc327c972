package io.presage.worker.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What the processor is called and what it can. Read once; any thread.
public final class Cpu {
    private static final List<String> INFO = info();

    private Cpu() {}

    private static List<String> info() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // Not Linux.
            return List.of();
        }
    }

    /// As Linux says it, else the architecture.
    public static String name() {
        return name(INFO, System.getProperty("os.arch", "cpu"));
    }

    /// The instruction set's extensions, as Linux lists them: virtual machines of one name differ in them. Else
    /// empty.
    public static String features() {
        return INFO.stream()
                .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
                .findFirst()
                .orElse("");
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
