package io.presage.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Command lines of child JVMs: this JVM's own Java, the same flags for every one that is compared.
final class Java {
    private static final List<String> ACCESS =
            List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
    private static final List<String> COLLECTOR = List.of("-XX:+UseG1GC", "-XX:+UseCompactObjectHeaders");

    /// A heap of one size, so that collections cost every process the same.
    static final List<String> FIXED_HEAP = List.of("-Xms256m", "-Xmx256m");

    static List<String> jar(List<String> heap, Path jar, List<String> arguments) {
        return command(heap, List.of("-jar", jar.toString()), arguments);
    }

    /// A main class of this class path.
    static List<String> main(Class<?> main, List<String> arguments) {
        return command(FIXED_HEAP, List.of("-cp", System.getProperty("java.class.path"), main.getName()), arguments);
    }

    /// The flags as one line for the report.
    static String flags() {
        return String.join(" ", FIXED_HEAP) + " " + String.join(" ", COLLECTOR);
    }

    private static List<String> command(List<String> heap, List<String> what, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(heap);
        if (heap.stream().noneMatch(flag -> flag.startsWith("-XX:+Use") && flag.endsWith("GC"))) {
            command.addAll(COLLECTOR);
        }
        command.addAll(ACCESS);
        command.addAll(what);
        command.addAll(arguments);
        return command;
    }

    private Java() {}
}
