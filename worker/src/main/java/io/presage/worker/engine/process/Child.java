package io.presage.worker.engine.process;

import io.presage.contract.infer.Signature;
import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// One child process with its model loaded, seen from the parent. Dies once; what comes after it is another one.
/// Any thread; a view's connection is for one thread.
final class Child {
    private static final int SPECS_MAX = 1024;
    private static final int NAME_BYTES_MAX = 4096;
    private static final int WORD_BYTES_MAX = 64 << 10;
    private static final long PAGE_BYTES = 4096;
    private static final int EXIT_SECONDS_MAX = 5;
    private static final int SIGNAL_CODE_BASE = 128;

    private final Process process;
    private final Path folder;
    private final ServerSocketChannel server;
    private final String word;
    private final OutputTail output;
    private final Thread outputReader;
    private final ChildProcesses surroundings;
    private final Set<ChildConnection> connections = ConcurrentHashMap.newKeySet();
    /// That it was loaded over, until a view takes it.
    private final AtomicReference<@Nullable ChildConnection> first = new AtomicReference<>();
    private final AtomicReference<@Nullable String> killedBecause = new AtomicReference<>();
    private final long loadDeadlineNanos;
    private volatile @Nullable Loaded loaded;
    private volatile boolean isLate;

    /// What the child said of its model.
    ///
    /// @param isShareable true when it gives as many views as are wanted
    record Loaded(Signature signature, boolean isShareable) {}

    private Child(ChildProcesses surroundings, String name, Path folder, Process process, ServerSocketChannel server) {
        this.surroundings = surroundings;
        this.folder = folder;
        this.process = process;
        this.server = server;
        this.word = surroundings.word();
        this.loadDeadlineNanos =
                surroundings.nanos() + surroundings.settings().loadMax().toNanos();
        this.output = new OutputTail(name);
        this.outputReader =
                Thread.ofVirtual().name(name + "-output").start(() -> output.readAll(process.getInputStream()));
    }

    /// Starts a process and has it load. Blocks until it has.
    ///
    /// @throws LoadException the child's own card, or `engine-crashed` when it died over it
    static Child start(ChildProcesses surroundings, String engine, Path pack, LoadOrder order) throws LoadException {
        Child child;
        try {
            child = launch(surroundings, engine, pack);
        } catch (IOException e) {
            throw new LoadException(
                    new Failure(
                            "load",
                            "engine-failure",
                            "no child process for the engine " + engine + " can be started: " + e,
                            "Look at the worker's limits of processes and of its temporary folder."),
                    e);
        }
        surroundings.watch(child);
        try {
            child.load(order);
            return child;
        } catch (IOException e) {
            child.kill(e);
            throw new LoadException(child.deathCard("load"), e);
        } catch (LoadException | RuntimeException e) {
            child.kill("its load failed");
            surroundings.forget(child);
            child.buryApart();
            throw e;
        }
    }

    private static Child launch(ChildProcesses surroundings, String engine, Path pack) throws IOException {
        // Readable and writable by this user alone.
        var folder = Files.createTempDirectory("presage-" + engine + "-");
        ServerSocketChannel server = null;
        try {
            var socket = folder.resolve("socket");
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
            var builder = new ProcessBuilder(surroundings
                    .command()
                    .line(
                            folder,
                            surroundings.settings(),
                            List.of(
                                    engine,
                                    pack.toString(),
                                    socket.toString(),
                                    Integer.toString(surroundings.frameBytesMax()))));
            builder.directory(folder.toFile()).redirectErrorStream(true);
            var environment = ChildCommand.environment(System.getenv(), folder);
            builder.environment().clear();
            builder.environment().putAll(environment);
            var process = builder.start();
            var child = new Child(surroundings, engine + "-" + process.pid(), folder, process, server);
            // A thread that waits for a connection must not wait for one that cannot come.
            process.onExit().thenRun(child::disconnect);
            return child;
        } catch (IOException | RuntimeException e) {
            if (server != null) {
                server.close();
            }
            delete(folder);
            throw e;
        }
    }

    private void write(String line) throws IOException {
        var in = process.getOutputStream();
        synchronized (in) {
            in.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            in.flush();
        }
    }

    private void load(LoadOrder order) throws IOException, LoadException {
        write(word);
        var connection = accept();
        int answer = connection.order(order);
        var frame = connection.frame();
        switch (answer) {
            case Frame.LOADED -> {
                var isShareable = frame.readInt("shareable", 0, 1) == 1;
                var isBatchable = frame.readInt("batchable", 0, 1) == 1;
                var signature = new Signature(
                        frame.readSpecs(SPECS_MAX, NAME_BYTES_MAX),
                        frame.readSpecs(SPECS_MAX, NAME_BYTES_MAX),
                        isBatchable);
                first.set(connection);
                loaded = new Loaded(signature, isShareable);
            }
            case Frame.REFUSED ->
                throw new LoadException(new Failure(
                        frame.readText(WORD_BYTES_MAX),
                        frame.readText(WORD_BYTES_MAX),
                        frame.readText(WORD_BYTES_MAX),
                        frame.readText(WORD_BYTES_MAX)));
            default -> throw new FrameException("an answer of an unknown type");
        }
    }

    private ChildConnection accept() throws IOException {
        var connection = new ChildConnection(server.accept(), surroundings.frameBytesMax(), surroundings::nanos);
        connections.add(connection);
        if (!process.isAlive()) {
            connection.close();
        }
        connection.expect(word);
        return connection;
    }

    Loaded loaded() {
        var present = loaded;
        if (present == null) {
            throw new IllegalStateException("a child that has not loaded. This is a bug.");
        }
        return present;
    }

    /// A connection for one more view.
    synchronized ChildConnection connect() throws IOException {
        var waiting = first.getAndSet(null);
        if (waiting != null) {
            return waiting;
        }
        write("view");
        return accept();
    }

    /// Ends the connection of a view that is not needed any more.
    void disconnect(ChildConnection connection) {
        connections.remove(connection);
        connection.close();
    }

    /// Kills it when it has been loading, or running, for too long.
    void check(long nowNanos) {
        if (loaded == null) {
            if (nowNanos - loadDeadlineNanos > 0) {
                isLate = true;
                kill("it had not loaded after " + surroundings.settings().loadMax()
                        + " (worker.engines.child.load-max)");
            }
            return;
        }
        for (var connection : connections) {
            if (connection.isLate(nowNanos)) {
                isLate = true;
                kill("a run took longer than " + surroundings.settings().runMax() + " (worker.engines.child.run-max)");
            }
        }
    }

    /// Kills what is left of it after talking to it failed.
    void kill(IOException failure) {
        if (failure instanceof FrameException) {
            kill("it sent " + failure.getMessage());
        } else {
            process.destroyForcibly();
            disconnect();
        }
    }

    /// At once. Threads that wait for it get exceptions.
    void kill(String because) {
        killedBecause.compareAndSet(null, because);
        process.destroyForcibly();
        disconnect();
    }

    private void disconnect() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        connections.forEach(ChildConnection::close);
    }

    void onExit(Runnable heard) {
        process.onExit().thenRun(heard);
    }

    long pid() {
        return process.pid();
    }

    /// Resident memory; 0 when it is gone.
    long residentBytes() {
        try {
            // "size resident shared ...", in pages.
            var sizes = Files.readString(Path.of("/proc/" + process.pid() + "/statm"), StandardCharsets.US_ASCII);
            int start = sizes.indexOf(' ') + 1;
            return Long.parseLong(sizes.substring(start, sizes.indexOf(' ', start))) * PAGE_BYTES;
        } catch (IOException | RuntimeException _) {
            return 0;
        }
    }

    /// Waits until it is gone, and takes its folder away.
    void bury() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(EXIT_SECONDS_MAX, TimeUnit.SECONDS);
        outputReader.join(TimeUnit.SECONDS.toMillis(EXIT_SECONDS_MAX));
        surroundings.forget(this);
        try {
            delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void buryApart() {
        Thread.ofVirtual().start(() -> {
            try {
                bury();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /// Buries it, and says why it died.
    Failure deathCard(String phase) {
        try {
            bury();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return new Failure(
                phase,
                isLate ? "engine-hung" : "engine-crashed",
                "the engine's child process " + end() + "; it last said: " + output.last(),
                "Run the model with its own library to see more; limits are under worker.engines.child.");
    }

    private String end() {
        var because = killedBecause.get();
        var exit = process.isAlive() ? "does not end" : exitWords(process.exitValue());
        return because == null ? exit : "was killed: " + because;
    }

    static String exitWords(int code) {
        return switch (code - SIGNAL_CODE_BASE) {
            case 4 -> "ended with signal 4 (SIGILL: an instruction that this processor does not have)";
            case 6 -> "ended with signal 6 (SIGABRT: native code gave up, or the JVM caught a crash of it)";
            case 7 -> "ended with signal 7 (SIGBUS)";
            case 8 -> "ended with signal 8 (SIGFPE)";
            case 9 -> "ended with signal 9 (SIGKILL: killed from outside, often for want of memory)";
            case 11 -> "ended with signal 11 (SIGSEGV: native code crashed)";
            case 15 -> "ended with signal 15 (SIGTERM)";
            default -> "ended with code " + code;
        };
    }

    private static void delete(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
