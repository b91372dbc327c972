package io.presage.e2e.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What `./presage up` starts, as a child process on a data directory.
public final class Standalone implements AutoCloseable {
    private static final Duration UP_MAX = Duration.ofMinutes(4);

    private final Path data;
    private final int port;
    private final Child child;

    /// Starts it and waits until it says that it is up.
    ///
    /// @param log begun anew
    public static Standalone start(Path data, Path log, String... more) throws Exception {
        Files.deleteIfExists(log);
        int port = freePort();
        var standalone = new Standalone(data, port, launch(data, port, log, more));
        try {
            Eventually.holds("presage is up", UP_MAX, () -> {
                if (!standalone.child.isAlive()) {
                    throw new AssertionError(standalone.output());
                }
                return standalone.output().contains("Presage is up at ");
            });
        } catch (Exception | AssertionError e) {
            standalone.close();
            throw e;
        }
        return standalone;
    }

    /// Starts it and waits for nothing.
    public static Child launch(Path data, int port, Path log, String... more) throws IOException {
        var root = Path.of(System.getProperty("e2e.root")).toRealPath();
        var arguments = new ArrayList<>(
                List.of("--data", data.toString(), "--port", Integer.toString(port), "--home", root.toString()));
        arguments.addAll(List.of(more));
        return Child.jar(
                "standalone",
                root.resolve("standalone/target/presage-standalone-exec.jar"),
                List.of("-Xmx768m"),
                arguments,
                log);
    }

    private Standalone(Path data, int port, Child child) {
        this.data = data;
        this.port = port;
        this.child = child;
    }

    public int port() {
        return port;
    }

    public Client admin() throws IOException {
        return new Client(
                URI.create("http://127.0.0.1:" + port),
                Files.readString(data.resolve("admin.key")).strip());
    }

    public Path data() {
        return data;
    }

    /// What it has printed.
    public String output() throws IOException {
        return child.output();
    }

    /// `kill -9`.
    public void kill() throws InterruptedException {
        child.kill();
    }

    /// As Ctrl-C or an init system would; returns the exit code.
    public int terminate() throws InterruptedException {
        return child.terminate(Duration.ofSeconds(60));
    }

    @Override
    public void close() {
        if (!child.isAlive()) {
            return;
        }
        try {
            terminate();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            child.end();
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
