package io.presage.registry.feed;

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
final class Snapshots {
    private final SnapshotRepository repository;
    private final Semaphore polls;
    private final long waitNanos;
    private final ReentrantLock building = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile @Nullable Snapshot latest;
    private boolean closed;

    Snapshots(SnapshotRepository repository, FeedProperties properties, MeterRegistry meters) {
        this.repository = repository;
        this.polls = new Semaphore(properties.pollsMax());
        this.waitNanos = properties.pollWait().toNanos();
        meters.gauge(
                "presage.registry.feed.polls", polls, permits -> properties.pollsMax() - permits.availablePermits());
        meters.gauge("presage.registry.revision", this, Snapshots::revision);
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
            var next = Snapshot.of(repository.read(), before);
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

    /// Waits until `part` has a revision over `after`, and returns it; empty when the time is over or the
    /// registry stops. `after` -1 is answered at once, and so is one from a future that this database does not
    /// know (it was restored from a backup): what is here is the truth then.
    ///
    /// @throws ProblemException OVERLOADED when too many wait already, REGISTRY_UNAVAILABLE before the first
    ///     snapshot
    <T> Optional<Content<T>> await(Function<Snapshot, Content<T>> part, long after) throws InterruptedException {
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

    private <T> Optional<Content<T>> awaitAdmitted(Function<Snapshot, Content<T>> part, long after)
            throws InterruptedException {
        lock.lock();
        try {
            long left = waitNanos;
            boolean fromTheFuture = after > revision();
            while (true) {
                var present = latest;
                if (present == null) {
                    throw new ProblemException(Problem.REGISTRY_UNAVAILABLE, "the state was not read yet");
                }
                var content = part.apply(present);
                if (content.revision() > after || fromTheFuture) {
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
