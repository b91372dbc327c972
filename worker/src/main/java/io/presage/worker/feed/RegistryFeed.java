package io.presage.worker.feed;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.presage.contract.state.DesiredState;
import io.presage.contract.state.ValidationResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps this worker and the registry in step, with two virtual threads.
///
/// One polls: it applies the snapshot on disk, if there is one, then asks the registry for newer ones, again
/// and again, and puts each on disk before it is applied. The other delivers: a report at once when [#changed]
/// was called, one every 2 s in any case, and validation results until the registry took them. Both back off
/// while the registry is away, up to 5 s, and say so once.
///
/// State: what is to be delivered, guarded by `lock`; the delivering thread takes it and puts nothing back but
/// results that were not taken.
public final class RegistryFeed implements StateFeed {
    private static final Logger log = LoggerFactory.getLogger(RegistryFeed.class);
    private static final long HEARTBEAT_MILLIS = 2000;
    /// Between two reports: a worker that loads a thousand versions changes a few times for each, and tells of
    /// all of
    /// them each time.
    private static final long GAP_MILLIS = 100;
    /// More results than a worker is ever given validations for; the oldest go first.
    private static final int RESULTS_MAX = 1000;

    private final RegistryClient registry;
    private final SnapshotFile snapshot;
    private final Consumer<DesiredState> apply;
    private final ReportSource source;
    private final RandomGenerator random;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition wake = lock.newCondition();

    @GuardedBy("lock")
    private boolean dirty;

    @GuardedBy("lock")
    private final Map<String, ValidationResult> results = new LinkedHashMap<>();

    private volatile boolean stopping;
    private long sequence;
    private @Nullable Thread poller;
    private @Nullable Thread reporter;

    public RegistryFeed(
            RegistryClient registry,
            SnapshotFile snapshot,
            Consumer<DesiredState> apply,
            ReportSource source,
            RandomGenerator random) {
        this.registry = registry;
        this.snapshot = snapshot;
        this.apply = apply;
        this.source = source;
        this.random = random;
    }

    @Override
    public void start() throws IOException {
        snapshot.read().ifPresent(apply);
        poller = Thread.ofVirtual().name("feed-poll").start(this::pollAll);
        reporter = Thread.ofVirtual().name("feed-report").start(this::deliverAll);
    }

    @Override
    public void changed() {
        lock.lock();
        try {
            dirty = true;
            wake.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void accept(String validationId, ValidationResult result) {
        lock.lock();
        try {
            results.put(validationId, result);
            if (results.size() > RESULTS_MAX) {
                var oldest = results.entrySet().iterator();
                oldest.next();
                oldest.remove();
            }
            wake.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void pollAll() {
        var backoff = new Backoff(random);
        long revision = -1;
        try {
            while (!stopping) {
                try {
                    var state = registry.poll(revision);
                    if (state.isPresent()) {
                        snapshot.write(state.get());
                        apply.accept(state.get());
                        revision = state.get().revision();
                    }
                    recovered(backoff, "poll");
                } catch (IOException e) {
                    away(backoff, "poll", e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void deliverAll() {
        var backoff = new Backoff(random);
        try {
            while (!stopping) {
                try {
                    deliver();
                    recovered(backoff, "report");
                    awaitDue();
                } catch (IOException e) {
                    away(backoff, "report", e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void deliver() throws IOException, InterruptedException {
        List<Map.Entry<String, ValidationResult>> due;
        lock.lock();
        try {
            dirty = false;
            due = new ArrayList<>(results.entrySet());
        } finally {
            lock.unlock();
        }
        registry.report(source.report(++sequence));
        for (var result : due) {
            registry.validated(result.getKey(), result.getValue());
            lock.lock();
            try {
                results.remove(result.getKey(), result.getValue());
            } finally {
                lock.unlock();
            }
        }
    }

    private void awaitDue() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(HEARTBEAT_MILLIS);
            long early = left - TimeUnit.MILLISECONDS.toNanos(GAP_MILLIS);
            while (!stopping && left > 0) {
                var isDue = dirty || !results.isEmpty();
                if (isDue && left <= early) {
                    return;
                }
                long step = isDue ? left - early : left;
                left -= step - wake.awaitNanos(step);
            }
        } finally {
            lock.unlock();
        }
    }

    private void away(Backoff backoff, String what, IOException e) throws InterruptedException {
        if (backoff.failures() == 0 && !stopping) {
            log.warn("event=registry_away during={} why={}", what, String.valueOf(e));
        }
        lock.lockInterruptibly();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(backoff.nextMillis());
            while (!stopping && left > 0) {
                left = wake.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private static void recovered(Backoff backoff, String what) {
        if (backoff.failures() > 0) {
            log.info("event=registry_back during={} attempts={}", what, backoff.failures());
            backoff.reset();
        }
    }

    /// Whatever the threads do.
    @Override
    public void reportNow() throws IOException, InterruptedException {
        deliver();
    }

    @Override
    public void close() {
        stopping = true;
        for (var thread : new @Nullable Thread[] {poller, reporter}) {
            if (thread != null) {
                thread.interrupt();
            }
        }
    }
}
