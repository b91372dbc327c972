package io.presage.registry.feed;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The latest snapshot, and the polls that wait for the next.
///
/// `latest` is one volatile reference to an immutable value; it is written under `lock`, which also guards
/// `closed`. Polls wait on `changed`, each on its own virtual thread and at most `pollsMax` of them. [#refresh]
/// wakes them all; each looks whether its own part is news and else waits on. [#close] lets all of them go at
/// once. One refresh runs at a time (`building`), so that a burst of notifications builds one snapshot, not
/// many.
///
/// A refresh reads what was touched since the last one. It reads everything the first time, after the connection
/// to the database was lost, and now and then, because that costs little.
final class Snapshots {
    private static final int TOUCHED_READS_MAX = 10_000;

    private final SnapshotRepository repository;
    private final Semaphore polls;
    private final long waitNanos;
    private final ReentrantLock building = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Counter wholeReads;
    private final Counter touchedReads;
    private volatile @Nullable Snapshot latest;
    private boolean closed;

    /// Guarded by `building`.
    private int readsToWhole;

    Snapshots(SnapshotRepository repository, FeedProperties properties, MeterRegistry meters) {
        this.repository = repository;
        this.polls = new Semaphore(properties.pollsMax());
        this.waitNanos = properties.pollWait().toNanos();
        meters.gauge(
                "presage.registry.feed.polls", polls, permits -> properties.pollsMax() - permits.availablePermits());
        wholeReads = reads(meters, "everything");
        touchedReads = reads(meters, "touched");
        meters.gauge("presage.registry.revision", this, Snapshots::revision);
    }

    private static Counter reads(MeterRegistry meters, String what) {
        return Counter.builder("presage.registry.feed.reads")
                .description("Reads of the state after a new revision")
                .tag("what", what)
                .register(meters);
    }

    /// The latest revision that readers can get; -1 before the first.
    long revision() {
        var present = latest;
        return present == null ? -1 : present.revision();
    }

    /// Looks whether the database has another revision and builds its snapshot; true when it had.
    boolean refresh() {
        building.lock();
        try {
            var before = latest;
            if (before != null && repository.revision() == before.revision()) {
                return false;
            }
            var next = next(before);
            lock.lock();
            try {
                latest = next;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            return true;
        } finally {
            building.unlock();
        }
    }

    private Snapshot next(@Nullable Snapshot before) {
        if (before == null || readsToWhole <= 0) {
            return next(repository.read(), before);
        }
        return switch (repository.readSince(before.mark())) {
            case PlatformState.Whole whole -> next(whole, before);
            case PlatformState.Touched touched -> next(touched, before);
        };
    }

    private Snapshot next(PlatformState.Whole read, @Nullable Snapshot before) {
        repository.forget();
        readsToWhole = TOUCHED_READS_MAX;
        wholeReads.increment();
        return Snapshot.of(read, before);
    }

    private Snapshot next(PlatformState.Touched read, Snapshot before) {
        if (read.revision() < before.revision()) {
            return next(repository.read(), before);
        }
        readsToWhole--;
        touchedReads.increment();
        return before.next(read);
    }

    /// The connection to the database was lost: it may be another one now, that knows nothing of earlier reads.
    void distrust() {
        building.lock();
        try {
            readsToWhole = 0;
        } finally {
            building.unlock();
        }
    }

    /// Waits until `part` has a revision over `after`, and returns it; empty when the time is over or the
    /// registry stops. `after` -1 is answered at once, and so is one from a future that this database does not
    /// know (it was restored from a backup): what is here is the truth then.
    ///
    /// @throws ProblemException OVERLOADED when too many wait already, REGISTRY_UNAVAILABLE before the first
    ///     snapshot
    <T extends Dated> Optional<T> await(Function<Snapshot, T> part, long after) throws InterruptedException {
        if (!polls.tryAcquire()) {
            throw ProblemException.retryAfter(Problem.OVERLOADED, "too many polls wait for the state already", 1);
        }
        try {
            if (after > revision()) {
                refresh();
            }
            return awaitAdmitted(part, after);
        } finally {
            polls.release();
        }
    }

    private <T extends Dated> Optional<T> awaitAdmitted(Function<Snapshot, T> part, long after)
            throws InterruptedException {
        lock.lock();
        try {
            long left = waitNanos;
            while (true) {
                var present = latest;
                if (present == null) {
                    throw new ProblemException(Problem.REGISTRY_UNAVAILABLE, "the state was not read yet");
                }
                var content = part.apply(present);
                if (content.revision() > after || after > present.revision()) {
                    return Optional.of(content);
                }
                if (closed || left <= 0) {
                    return Optional.empty();
                }
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Answers all polls, waiting ones and coming ones, at once.
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// So that a bean that was stopped can be started again.
    void open() {
        lock.lock();
        try {
            closed = false;
        } finally {
            lock.unlock();
        }
    }
}
