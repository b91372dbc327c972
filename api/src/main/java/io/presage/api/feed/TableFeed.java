package io.presage.api.feed;

import io.presage.api.replicas.Replicas;
import io.presage.api.routes.Routes;
import io.presage.api.routes.RoutingIndex;
import io.presage.contract.state.RoutingTable;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import tools.jackson.databind.json.JsonMapper;

/// Keeps [Routes] at the newest table. It starts with the one on disk, then asks the registry for ever. At
/// first, and after a failure, it asks for the table whatever its revision: a registry restored from a backup
/// may count from a lower one.
///
/// [#poll] is one turn and what tests call; the loop around it runs on one virtual thread.
public final class TableFeed implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(TableFeed.class);
    private static final long ANY = -1;

    /// How the loop waits between turns.
    public interface Pause {
        void sleep(long millis) throws InterruptedException;
    }

    private final StateClient registry;
    private final SnapshotFile snapshot;
    private final Replicas replicas;
    private final Routes routes;
    private final Consumer<RoutingIndex> onChange;
    private final JsonMapper json;
    private final Backoff backoff;
    private final RandomGenerator random;
    private final Pause pause;
    private long revision = ANY;
    private boolean confirmed;
    private int failures;
    private volatile @Nullable Thread thread;

    public TableFeed(
            StateClient registry,
            SnapshotFile snapshot,
            TableSink sink,
            JsonMapper json,
            FeedProperties properties,
            RandomGenerator random,
            Pause pause) {
        this.registry = registry;
        this.snapshot = snapshot;
        this.replicas = sink.replicas();
        this.routes = sink.routes();
        this.onChange = sink.onChange();
        this.json = json;
        this.backoff = new Backoff(properties.backoffMin(), properties.backoffMax());
        this.random = random;
        this.pause = pause;
    }

    /// Where a table goes.
    ///
    /// @param onChange hears of every index after it was published
    public record TableSink(Replicas replicas, Routes routes, Consumer<RoutingIndex> onChange) {}

    /// Reads the table on disk, if there is one.
    void restore() {
        snapshot.read().ifPresent(table -> {
            try {
                publish(table);
                log.info(
                        "event=table-restored revision={} models={}",
                        table.revision(),
                        table.models().size());
            } catch (IllegalArgumentException e) {
                log.warn("event=snapshot-refused cause={}", e.getMessage());
            }
        });
    }

    /// One turn: milliseconds to wait before the next.
    long poll() throws InterruptedException {
        try {
            var answer = registry.poll(confirmed ? revision : ANY);
            if (answer.isPresent()) {
                accept(answer.get());
            }
            if (failures > 0) {
                log.info("event=feed-recovered failures={} revision={}", failures, revision);
            }
            failures = 0;
            confirmed = true;
            return 0;
        } catch (IOException | RuntimeException e) {
            // A table that cannot be read, or that contradicts itself, is a failure like any other: the last good one
            // stays in force, and the next turn asks again.
            confirmed = false;
            failures++;
            if (failures == 1) {
                log.warn("event=feed-failed revision={} cause={}", revision, e.toString());
            }
            return backoff.after(failures, random).toMillis();
        }
    }

    private void accept(byte[] bytes) throws IOException {
        var table = json.readValue(bytes, RoutingTable.class);
        if (confirmed && table.revision() == revision) {
            return;
        }
        if (table.revision() < revision) {
            log.warn("event=revision-went-back from={} to={}", revision, table.revision());
        }
        publish(table);
        try {
            snapshot.write(bytes);
        } catch (IOException e) {
            // The table is in force; only a restart without the registry would miss it. The next one is tried again.
            log.warn("event=snapshot-unwritten revision={} cause={}", table.revision(), e.toString());
        }
    }

    private void publish(RoutingTable table) {
        var index = RoutingIndex.of(table, replicas.update(table.workers()));
        routes.publish(index);
        revision = table.revision();
        onChange.accept(index);
    }

    @Override
    public void start() {
        restore();
        thread = Thread.ofVirtual().name("table-feed").start(this::run);
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                pause.sleep(poll());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void stop() {
        var running = thread;
        thread = null;
        if (running != null) {
            running.interrupt();
            try {
                // Before its client goes: else the end of the poll would look like a failure.
                running.join(Duration.ofSeconds(2));
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

    /// Before the public port opens, so that a table on disk serves from the first request.
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE - 1;
    }
}
