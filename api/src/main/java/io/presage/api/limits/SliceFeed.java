package io.presage.api.limits;

import io.presage.contract.state.SliceAnswer;
import io.presage.contract.state.SliceRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/// Keeps [RateLimits] at the slices that the registry gives. While the registry is away, the last ones hold. An
/// exchange that fails is repeated at once, the first time: the registry counts a gateway lost that is silent for
/// three of its intervals.
/// [#turn] is one exchange and what tests call; the loop around it runs on one virtual thread.
public final class SliceFeed implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(SliceFeed.class);
    /// Between two exchanges, however much there is to ask.
    private static final Duration GAP = Duration.ofMillis(100);
    private static final Duration STOP_MAX = Duration.ofSeconds(2);

    /// Who hands out slices.
    public interface Registry extends AutoCloseable {
        SliceAnswer ask(SliceRequest request) throws IOException, InterruptedException;

        @Override
        void close();
    }

    /// How the loop waits between turns.
    public interface Pause {
        void sleep(long millis) throws InterruptedException;
    }

    /// Who asks.
    ///
    /// @param incarnation of this process
    public record Self(String gatewayId, String incarnation) {}

    private final RateLimits limits;
    private final Registry registry;
    private final Self self;
    private final Duration interval;
    private final LongSupplier nanos;
    private final Pause pause;
    private long askedNanos;
    private int failures;
    private volatile @Nullable Thread thread;

    public SliceFeed(
            RateLimits limits, Registry registry, Self self, Duration interval, LongSupplier nanos, Pause pause) {
        this.limits = limits;
        this.registry = registry;
        this.self = self;
        this.interval = interval;
        this.nanos = nanos;
        this.pause = pause;
        this.askedNanos = nanos.getAsLong() - interval.toNanos();
    }

    /// One exchange with the registry.
    void turn(boolean leaving) throws InterruptedException {
        long now = nanos.getAsLong();
        var request = limits.request(self.gatewayId(), self.incarnation(), leaving, Duration.ofNanos(now - askedNanos));
        askedNanos = now;
        try {
            limits.accept(request, registry.ask(request));
            if (failures > 0) {
                log.info("event=slices-recovered failures={}", failures);
            }
            failures = 0;
        } catch (IOException e) {
            failures++;
            if (failures == 1) {
                log.warn("event=slices-failed cause={}", e.toString());
            }
        }
        limits.evictIdle();
    }

    @Override
    public void start() {
        thread = Thread.ofVirtual().name("slice-feed").start(this::run);
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                turn(false);
                pause.sleep(GAP.toMillis());
                if (failures != 1) {
                    limits.awaitNews(interval.minus(GAP));
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Gives back what it holds, so that the other gateways have it at once.
    @Override
    public void stop() {
        var running = thread;
        thread = null;
        if (running != null) {
            running.interrupt();
            try {
                running.join(STOP_MAX);
                turn(true);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
        registry.close();
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }

    /// Stopped after the public port: the last calls are counted.
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE - 1;
    }
}
