package io.presage.api.shadow;

import io.presage.contract.state.ShadowReport;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import tools.jackson.databind.json.JsonMapper;

/// Brings what shadow calls have shown to the registry, so that it outlives this gateway. A batch is posted
/// until the
/// registry has it; what comes in meanwhile goes into the next. The registry knows a batch that it has seen, so
/// that
/// one whose answer was lost is not counted twice.
///
/// [#report] is one turn and what tests call; the loop around it runs on one virtual thread.
public final class ShadowReports implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(ShadowReports.class);
    private static final int PAIRS_MAX = 1_000;

    /// How the loop waits between turns.
    public interface Pause {
        void sleep(Duration pause) throws InterruptedException;
    }

    private final ShadowTally tally;
    private final ReportClient registry;
    private final String run;
    private final Duration every;
    private final Pause pause;
    private final JsonMapper json = new JsonMapper();
    private @Nullable ShadowReport unsent;
    private long batches;
    private boolean failing;
    private volatile @Nullable Thread thread;

    /// @param run differs from start to start
    public ShadowReports(
            ShadowTally tally, ReportClient registry, String run, ShadowProperties properties, Pause pause) {
        this.tally = tally;
        this.registry = registry;
        this.run = run;
        this.every = properties.reportEvery();
        this.pause = pause;
    }

    /// One turn: posts what could not be posted before, else what is new.
    synchronized void report() throws InterruptedException {
        var next = unsent == null ? fresh() : unsent;
        if (next.pairs().isEmpty()) {
            return;
        }
        unsent = next;
        try {
            registry.post(json.writeValueAsString(next));
            unsent = null;
            failing = false;
        } catch (IOException e) {
            if (!failing) {
                log.warn("event=shadow-report-failed batch={} cause={}", next.batch(), e.toString());
            }
            failing = true;
        }
    }

    private ShadowReport fresh() {
        var pairs = tally.take(PAIRS_MAX);
        batches += pairs.isEmpty() ? 0 : 1;
        return new ShadowReport(run, run + "." + batches, pairs);
    }

    @Override
    public void start() {
        thread = Thread.ofVirtual().name("shadow-reports").start(this::run);
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                pause.sleep(every);
                report();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// The rest is posted before the end.
    @Override
    public void stop() {
        var running = thread;
        thread = null;
        try {
            if (running != null) {
                running.interrupt();
                running.join(Duration.ofSeconds(2));
                report();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        registry.close();
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }

    /// Stopped after the public port.
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE - 1;
    }
}
