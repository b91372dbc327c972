package io.presage.registry;

import io.presage.registry.feed.RevisionObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/// One virtual thread that runs every feature's tick after each new revision, and each `period` anyhow. The
/// ticks decide nothing here and share nothing; one that fails is logged and tried again with the next round.
final class ControlLoop implements SmartLifecycle, RevisionObserver {
    private static final Logger log = LoggerFactory.getLogger(ControlLoop.class);

    /// A feature's step from what is to what should be.
    ///
    /// @param name for the log
    record Tick(String name, Runnable step) {}

    private final List<Tick> ticks;
    private final Duration period;
    private final Semaphore signal = new Semaphore(0);
    private volatile @Nullable Run run;

    ControlLoop(List<Tick> ticks, Duration period) {
        this.ticks = List.copyOf(ticks);
        this.period = period;
    }

    @Override
    public void revisionChanged() {
        signal.release();
    }

    @Override
    public void start() {
        var started = new Run();
        started.thread.start();
        run = started;
    }

    /// Waits for the round that runs, so that no transaction is cut off by the pool's end.
    @Override
    public void stop() {
        var present = run;
        if (present != null) {
            present.stop();
            run = null;
        }
    }

    @Override
    public boolean isRunning() {
        return run != null;
    }

    /// After the listener has read the first snapshot.
    @Override
    public int getPhase() {
        return 1;
    }

    private final class Run implements Runnable {
        private static final Duration STOP_MAX = Duration.ofSeconds(5);

        private final CountDownLatch stopped = new CountDownLatch(1);
        private final Thread thread =
                Thread.ofVirtual().name("registry-control").unstarted(this);
        private boolean databaseAway;

        void stop() {
            stopped.countDown();
            signal.release();
            try {
                thread.join(STOP_MAX);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void run() {
            while (stopped.getCount() > 0) {
                ticks.forEach(this::runOne);
                try {
                    signal.tryAcquire(period.toMillis(), TimeUnit.MILLISECONDS);
                } catch (InterruptedException _) {
                    return;
                }
                signal.drainPermits();
            }
        }

        /// The loop is what keeps the platform going: nothing that a tick throws may end it.
        private void runOne(Tick tick) {
            try {
                tick.step().run();
                databaseAway = false;
            } catch (DataAccessException | TransactionException e) {
                if (!databaseAway) {
                    log.warn("event=tick-failed tick={}", tick.name(), e);
                }
                databaseAway = true;
            } catch (RuntimeException e) {
                log.error("event=tick-failed tick={}", tick.name(), e);
            }
        }
    }
}
