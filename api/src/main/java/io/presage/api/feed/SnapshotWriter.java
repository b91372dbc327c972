package io.presage.api.feed;

import io.presage.contract.state.RoutingContent;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/// Writes the newest table to disk, on a virtual thread of its own and at most once an interval, because a table
/// of 10,000 models is megabytes. The first one, and one whose keys changed, is written at once: a revoked key
/// must
/// not come back with a restart.
///
/// `waiting` is what is to be written, `isUrgent` whether without delay; both, and `isStopped`, are guarded by
/// `lock`. [#offer] may be called by any thread and never waits for the disk. [#stop] writes what waits.
public final class SnapshotWriter {
    private static final Logger log = LoggerFactory.getLogger(SnapshotWriter.class);

    private record Waiting(long revision, RoutingContent content) {}

    private final SnapshotFile file;
    private final JsonMapper json;
    private final long intervalNanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable Waiting waiting;
    private boolean isUrgent;
    private boolean isStopped;
    private @Nullable Thread thread;

    public SnapshotWriter(SnapshotFile file, JsonMapper json, Duration interval) {
        this.file = file;
        this.json = json;
        this.intervalNanos = interval.toNanos();
    }

    SnapshotFile file() {
        return file;
    }

    /// `content` is in force from now on.
    void offer(long revision, RoutingContent content, boolean urgent) {
        lock.lock();
        try {
            waiting = new Waiting(revision, content);
            isUrgent |= urgent;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void start() {
        lock.lock();
        try {
            isStopped = false;
            thread = Thread.ofVirtual().name("table-snapshot").start(this::run);
        } finally {
            lock.unlock();
        }
    }

    void stop() {
        lock.lock();
        var running = thread;
        try {
            isStopped = true;
            thread = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (running != null) {
            try {
                running.join(Duration.ofSeconds(5));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run() {
        try {
            for (var next = take(0); next != null; next = take(intervalNanos)) {
                write(next);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// What is to be written next, after the delay unless it is urgent; null when this is stopped and nothing
    /// waits.
    private @Nullable Waiting take(long delayNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = delayNanos;
            while (!isStopped && !isUrgent && left > 0) {
                left = changed.awaitNanos(left);
            }
            while (!isStopped && waiting == null) {
                changed.await();
            }
            var taken = waiting;
            waiting = null;
            isUrgent = false;
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void write(Waiting next) {
        try {
            file.write(json.writeValueAsBytes(next.content().table(next.revision())));
        } catch (IOException e) {
            // The table is in force; only a restart without the registry would miss it. The next one is tried again.
            log.warn("event=snapshot-unwritten revision={} cause={}", next.revision(), e.toString());
        }
    }
}
