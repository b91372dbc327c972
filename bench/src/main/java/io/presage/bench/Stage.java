package io.presage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What every part of the benchmark works with: its options, a directory, and what was started, which is stopped
/// in reverse. The worker that most parts share is started by the first that asks. One thread, but for [#close].
final class Stage implements AutoCloseable {
    private static final Duration AWAIT_LIMIT = Duration.ofMinutes(3);

    private final Path root;
    private final Path work;
    private final boolean quick;
    private final Models models;
    private final List<AutoCloseable> running = new ArrayList<>();
    private @Nullable WorkerStand worker;

    /// @param root of the checkout, where the shipped jars are
    Stage(Path root, Path examples, boolean quick) throws IOException {
        this.root = root;
        this.work = Files.createTempDirectory("presage-bench");
        this.quick = quick;
        this.models = new Models(examples, work.resolve("packages"));
    }

    boolean isQuick() {
        return quick;
    }

    Path root() {
        return root;
    }

    Models models() {
        return models;
    }

    /// A directory that nobody else has.
    Path directory(String name) throws IOException {
        return Files.createTempDirectory(work, name + "-");
    }

    /// Seconds of a quick run or of a whole one.
    Duration seconds(long quickSeconds, long seconds) {
        return Duration.ofSeconds(quick ? quickSeconds : seconds);
    }

    /// The worker that most parts share, warm; not to be asked for behind a [#mark].
    WorkerStand worker() throws IOException, InterruptedException {
        var shared = worker;
        if (shared == null) {
            shared = Warmth.worker(this);
            worker = shared;
        }
        return shared;
    }

    /// After a part that broke: the next one gets a fresh worker.
    void abandon() {
        release(0);
        worker = null;
    }

    /// To be closed with [#release] or at the end.
    synchronized <T extends AutoCloseable> T keep(T started) {
        running.add(started);
        return started;
    }

    synchronized int mark() {
        return running.size();
    }

    /// Closes what was kept since `mark`.
    synchronized void release(int mark) {
        while (running.size() > mark) {
            var each = running.removeLast();
            try {
                each.close();
            } catch (Exception e) {
                System.err.println("bench: " + each + " did not stop: " + e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        release(0);
        try (var files = Files.walk(work)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    static void say(String what) {
        System.out.println("bench: " + what);
    }

    @FunctionalInterface
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /// Asks each 50 ms until it holds.
    static void await(String what, Condition condition) throws IOException, InterruptedException {
        long until = System.nanoTime() + AWAIT_LIMIT.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException(what + ": not within " + AWAIT_LIMIT.toSeconds() + " s");
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }
}
