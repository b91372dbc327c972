package io.presage.worker.batching;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The worker's threads that run models, for all versions: started when there is work and none is idle, ended
/// when they were idle for some time. Which version is next is [TurnList]'s to say.
///
/// State: the list, and how many threads there are and are idle, guarded by `lock`. Whoever adds a turn wakes
/// one thread; a thread that takes a turn and leaves another wakes the next one, so a lost signal delays but
/// does not strand. Of the idle threads one waits for the earliest wake time (`keptNanos`), the others only for
/// signals. A run is never made under the lock.
public final class RunPool implements RunTurns, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RunPool.class);

    private final int threadsMax;
    private final long idleNanos;
    private final ThreadFactory factory;
    private final LongSupplier nanos;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final TurnList turns;

    /// Written under the lock.
    private volatile boolean hasRoom = true;

    @GuardedBy("lock")
    private int threads;

    @GuardedBy("lock")
    private int idle;

    @GuardedBy("lock")
    private long keptNanos = Long.MAX_VALUE;

    @GuardedBy("lock")
    private boolean closed;

    /// @param idle after which a thread ends
    public RunPool(int threadsMax, Duration idle, ThreadFactory factory, LongSupplier nanos) {
        if (threadsMax < 1) {
            throw new IllegalArgumentException("run threads: " + threadsMax + " (expected: at least 1)");
        }
        this.threadsMax = threadsMax;
        this.idleNanos = idle.toNanos();
        this.factory = factory;
        this.nanos = nanos;
        this.turns = new TurnList(threadsMax);
    }

    @Override
    public void ask(TurnList.Seat seat) {
        lock.lock();
        try {
            turns.ask(seat);
            wakeOne();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void wakeAt(TurnList.Seat seat, long wakeNanos) {
        lock.lock();
        try {
            turns.wakeAt(seat, wakeNanos);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean hasRoom() {
        return hasRoom;
    }

    /// Threads that exist now.
    public int threads() {
        lock.lock();
        try {
            return threads;
        } finally {
            lock.unlock();
        }
    }

    /// Turns that wait for a thread.
    public int waiting() {
        lock.lock();
        try {
            return turns.ready();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void wakeOne() {
        if (idle > 0) {
            changed.signal();
        } else if (threads < threadsMax) {
            startOne();
        }
    }

    @GuardedBy("lock")
    private void startOne() {
        var thread = factory.newThread(this::work);
        try {
            thread.start();
            threads++;
        } catch (OutOfMemoryError e) {
            // "Unable to create native thread": those that there are do the work.
            if (threads == 0) {
                throw e;
            }
            log.warn("event=run_thread_not_started threads={}", threads, e);
        }
    }

    private void work() {
        var assembly = new BatchAssembly();
        var entry = next(null, false);
        while (entry != null) {
            entry = next(entry.seat(), turn(entry, assembly));
        }
    }

    private static boolean turn(TurnList.Entry entry, BatchAssembly assembly) {
        var work = entry.seat().work();
        try {
            var turn = work.begin(entry.wakeNanos());
            if (turn == null) {
                return false;
            }
            try {
                while (turn.start()) {
                    turn.execute(assembly);
                }
            } catch (RuntimeException | Error e) {
                log.error("event=turn_failed", e);
            }
            return work.end(turn);
        } catch (RuntimeException | Error e) {
            log.error("event=turn_failed", e);
            return false;
        }
    }

    /// Ends the turn of `done`, waits for the next one, and takes it; null when the thread is to end.
    private TurnList.@Nullable Entry next(TurnList.@Nullable Seat done, boolean isAskingAgain) {
        lock.lock();
        try {
            if (done != null) {
                turns.done(done, isAskingAgain);
                noteRoom();
            }
            long idleSinceNanos = nanos.getAsLong();
            while (true) {
                long now = nanos.getAsLong();
                var entry = turns.next(now);
                if (entry != null) {
                    noteRoom();
                    passOn();
                    return entry;
                }
                long wakeNanos = turns.wakeNanos();
                var isKeeper = wakeNanos < keptNanos;
                long left = isKeeper ? wakeNanos - now : idleSinceNanos + idleNanos - now;
                if (!isKeeper && (left <= 0 || closed)) {
                    threads--;
                    return null;
                }
                await(left, isKeeper ? wakeNanos : Long.MAX_VALUE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            threads--;
            passOn();
            return null;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void noteRoom() {
        if (hasRoom != turns.hasRoom()) {
            hasRoom = turns.hasRoom();
        }
    }

    @GuardedBy("lock")
    private void await(long waitNanos, long wakeNanos) throws InterruptedException {
        if (wakeNanos != Long.MAX_VALUE) {
            keptNanos = wakeNanos;
        }
        idle++;
        try {
            changed.await(waitNanos, TimeUnit.NANOSECONDS);
        } finally {
            idle--;
            if (wakeNanos != Long.MAX_VALUE && keptNanos == wakeNanos) {
                keptNanos = Long.MAX_VALUE;
            }
        }
    }

    /// The thread that leaves with a turn may have been the one that was signalled for another, or the keeper.
    @GuardedBy("lock")
    private void passOn() {
        if (turns.ready() > 0 || turns.wakeNanos() < keptNanos) {
            wakeOne();
        }
    }

    /// Idle threads end at once from here on; turns are still given.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
