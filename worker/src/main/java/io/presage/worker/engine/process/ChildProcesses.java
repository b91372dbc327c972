package io.presage.worker.engine.process;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What all children of this process share: how they are started, how long they may take, and the one thread that
/// watches them, which is there while there are any. Any thread.
public final class ChildProcesses implements AutoCloseable {
    private static final long WATCH_NANOS = 200_000_000;

    private final ChildCommand command;
    private final ChildSettings settings;
    private final Supplier<String> words;
    private final LongSupplier nanos;
    private final Set<Child> children = ConcurrentHashMap.newKeySet();
    private final AtomicLong starts = new AtomicLong();
    private final AtomicLong deaths = new AtomicLong();

    @GuardedBy("this")
    private @Nullable Thread watcher;

    /// @param words gives a new secret word for each child
    /// @param nanos elapsed time
    public ChildProcesses(ChildCommand command, ChildSettings settings, Supplier<String> words, LongSupplier nanos) {
        this.command = command;
        this.settings = settings;
        this.words = words;
        this.nanos = nanos;
    }

    ChildCommand command() {
        return command;
    }

    ChildSettings settings() {
        return settings;
    }

    int frameBytesMax() {
        return Math.toIntExact(settings.frameMax().toBytes());
    }

    String word() {
        return words.get();
    }

    long nanos() {
        return nanos.getAsLong();
    }

    /// Children alive now.
    public int count() {
        return children.size();
    }

    /// Children that were started so far.
    public long starts() {
        return starts.get();
    }

    /// Children that died by themselves, or were killed for what they did, so far.
    public long deaths() {
        return deaths.get();
    }

    /// Resident memory of all of them.
    public long residentBytes() {
        return children.stream().mapToLong(Child::residentBytes).sum();
    }

    void countDeath() {
        deaths.incrementAndGet();
    }

    synchronized void watch(Child child) {
        starts.incrementAndGet();
        children.add(child);
        if (watcher == null) {
            watcher = Thread.ofPlatform().name("engine-watch").daemon(true).start(this::watchAll);
        }
    }

    void forget(Child child) {
        children.remove(child);
    }

    private void watchAll() {
        while (hasChildren()) {
            tick();
            LockSupport.parkNanos(WATCH_NANOS);
        }
    }

    private synchronized boolean hasChildren() {
        if (children.isEmpty()) {
            watcher = null;
        }
        return watcher != null;
    }

    /// Kills those that take too long.
    void tick() {
        long now = nanos.getAsLong();
        children.forEach(child -> child.check(now));
    }

    /// Kills them all.
    @Override
    public void close() {
        children.forEach(child -> child.kill("the worker stops"));
    }
}
