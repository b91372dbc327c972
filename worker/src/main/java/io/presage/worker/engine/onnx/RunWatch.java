package io.presage.worker.engine.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.RunOptions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/// Ends runs that do not end: a loop of a model can go on for ever, at its warm-up or with a certain input, and
/// would keep a thread, and later all of them.
///
/// Each runner has a [Run] that it alone begins and ends; one thread for all looks at them once a tick and counts
/// in how many ticks it has seen the same run going on. There is no clock and no lock in a run's way: the two
/// meet only when a run is being ended. ONNX Runtime looks at the flag between operators and rounds of a loop, so
/// one operator that takes for ever is not ended.
final class RunWatch {
    private static final Duration TICK = Duration.ofSeconds(1);
    /// More than any deadline that a caller waits for.
    private static final int TICKS_MAX = 60;

    private final int ticksMax;
    private final Set<Run> runs = ConcurrentHashMap.newKeySet();

    /// @param ticksMax after which a run is ended
    RunWatch(int ticksMax) {
        this.ticksMax = ticksMax;
    }

    /// One whose thread ticks for the life of the process.
    static RunWatch start() {
        var watch = new RunWatch(TICKS_MAX);
        Thread.ofPlatform().daemon().name("onnx-run-watch").start(watch::loop);
        return watch;
    }

    private void loop() {
        while (!Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(TICK.toNanos());
            tick();
        }
    }

    void tick() {
        for (var run : runs) {
            run.tick(ticksMax);
        }
    }

    /// For one runner; its owner closes it.
    Run add() throws OrtException {
        var run = new Run(new RunOptions());
        runs.add(run);
        return run;
    }

    /// The runs of one runner, one after the other. [#begin] and [#end] are its thread's.
    final class Run implements AutoCloseable {
        private final RunOptions options;
        /// Odd while a run goes on.
        private volatile long count;
        private volatile boolean ended;
        /// The watch's.
        private long seen;
        private int ticks;
        private boolean closed;

        private Run(RunOptions options) {
            this.options = options;
        }

        RunOptions options() {
            return options;
        }

        @SuppressWarnings("NonAtomicOperationOnVolatileField") // Written by one thread.
        void begin() {
            count++;
        }

        /// Either this sees that the watch ends the run, or the watch sees that it is over.
        @SuppressWarnings("NonAtomicOperationOnVolatileField") // Written by one thread.
        void end() {
            count++;
            if (ended) {
                reset();
            }
        }

        private synchronized void reset() {
            ended = false;
            set(false);
        }

        private synchronized void tick(int max) {
            long now = count;
            if (now % 2 == 0 || now != seen) {
                seen = now;
                ticks = 0;
                return;
            }
            ticks++;
            if (ticks >= max && !closed) {
                ended = true;
                if (count == seen) {
                    set(true);
                } else {
                    ended = false;
                }
            }
        }

        private void set(boolean terminate) {
            try {
                options.setTerminate(terminate);
            } catch (OrtException e) {
                throw new IllegalStateException("a flag could not be set. This is a bug.", e);
            }
        }

        @Override
        public synchronized void close() {
            closed = true;
            runs.remove(this);
            options.close();
        }
    }
}
