package io.presage.worker;

import io.presage.worker.feed.StateFeed;
import io.presage.worker.infer.InferServer;
import io.presage.worker.versions.Versions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// The order of start and stop. Started last and stopped first of all beans, by Spring's own thread.
///
/// A stop loses no call: the registry hears "draining", gateways follow while this worker still answers
/// everything, then new calls are refused with a code that gateways take elsewhere, and those in flight are
/// finished.
final class WorkerLife implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(WorkerLife.class);
    private static final Duration FINISH_WAIT = Duration.ofSeconds(15);

    private final InferServer server;
    private final Versions versions;
    private final Duration shutdownGrace;
    private @Nullable StateFeed feed;
    private volatile boolean running;
    private volatile boolean draining;

    WorkerLife(InferServer server, Versions versions, Duration shutdownGrace) {
        this.server = server;
        this.versions = versions;
        this.shutdownGrace = shutdownGrace;
    }

    void attach(StateFeed stateFeed) {
        feed = stateFeed;
    }

    boolean isDraining() {
        return draining;
    }

    private StateFeed feed() {
        var attached = feed;
        if (attached == null) {
            throw new IllegalStateException("no feed attached. This is a bug.");
        }
        return attached;
    }

    @Override
    public void start() {
        var stateFeed = feed();
        versions.onChange(stateFeed::changed);
        versions.start();
        var isListening = false;
        try {
            stateFeed.beforeListening();
            server.start();
            isListening = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while models were loaded", e);
        } finally {
            if (!isListening) {
                versions.close();
            }
        }
        running = true;
        try {
            stateFeed.start();
        } catch (IOException e) {
            throw new UncheckedIOException("worker.data-directory: the last desired state cannot be read", e);
        }
    }

    @Override
    public void stop() {
        draining = true;
        server.drain();
        try {
            try {
                feed().reportNow();
            } catch (IOException e) {
                log.warn("event=drain_unreported why={}", String.valueOf(e));
            }
            // Nobody counts this down: it is the time in which gateways learn of it.
            var _ = new CountDownLatch(1).await(shutdownGrace.toNanos(), TimeUnit.NANOSECONDS);
            if (!server.refuse(FINISH_WAIT)) {
                log.warn("event=calls_abandoned waited={}", FINISH_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        feed().close();
        server.close();
        versions.close();
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
