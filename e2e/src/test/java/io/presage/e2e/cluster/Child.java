package io.presage.e2e.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A process of ours, with its output in a file.
public final class Child {
    private final String name;
    private final Process process;
    private final Path log;

    private Child(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /// Starts a shipped jar with this JVM's own Java.
    public static Child jar(String name, Path jar, List<String> jvmOptions, List<String> arguments, Path log)
            throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-jar", jar.toString()));
        command.addAll(arguments);
        return start(name, command, Map.of(), log);
    }

    /// Its standard output and error are appended to `log`.
    public static Child start(String name, List<String> command, Map<String, String> environment, Path log)
            throws IOException {
        Files.createDirectories(log.getParent());
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        return new Child(name, builder.start(), log);
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    List<ProcessHandle> children() {
        return process.children().filter(ProcessHandle::isAlive).toList();
    }

    /// What it has printed so far.
    public String output() throws IOException {
        return Files.readString(log);
    }

    /// `kill -NAME`; returns when it was sent.
    void signal(String signal) throws IOException, InterruptedException {
        var sent = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (sent != 0) {
            throw new AssertionError("kill -" + signal + " of " + this + ": " + sent);
        }
    }

    /// `kill -9`; returns when it is gone.
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// `kill -9` for the end of a test: also when this thread was interrupted.
    void end() {
        try {
            kill();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// `kill -15`; returns its exit code.
    public int terminate(Duration max) throws InterruptedException {
        process.destroy();
        return exitCode(max);
    }

    /// Waits for its end.
    public int exitCode(Duration max) throws InterruptedException {
        if (!process.waitFor(max.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError(name + " did not end within " + max + " (see " + log + ")");
        }
        return process.exitValue();
    }

    @Override
    public String toString() {
        return name + " (" + log + ")";
    }
}
