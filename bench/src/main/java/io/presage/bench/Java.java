package io.presage.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Command lines of child JVMs: this JVM's own Java, the same flags for every one that is measured.
final class Java {
    private static final List<String> FLAGS = List.of(
            "-Xms256m",
            "-Xmx256m",
            "-XX:+UseG1GC",
            "-XX:+UseCompactObjectHeaders",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    static List<String> jar(Path jar, List<String> arguments) {
        return command(List.of("-jar", jar.toString()), arguments);
    }

    /// A main class of this class path.
    static List<String> main(Class<?> main, List<String> arguments) {
        return command(List.of("-cp", System.getProperty("java.class.path"), main.getName()), arguments);
    }

    /// The flags as one line for the report.
    static String flags() {
        return String.join(" ", FLAGS.subList(0, 4));
    }

    private static List<String> command(List<String> what, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(what);
        command.addAll(arguments);
        return command;
    }

    private Java() {}
}
