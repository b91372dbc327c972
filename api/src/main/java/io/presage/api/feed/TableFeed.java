package io.presage.api.feed;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.api.access.KeyRing;
import io.presage.api.replicas.Replica;
import io.presage.api.replicas.Replicas;
import io.presage.api.routes.Routes;
import io.presage.api.routes.RoutingIndex;
import io.presage.contract.state.RoutingChanges;
import io.presage.contract.state.RoutingContent;
import io.presage.contract.state.RoutingTable;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import tools.jackson.databind.json.JsonMapper;

/// Keeps [Routes] at the newest table. It starts with the one on disk, then asks the registry for ever. At
/// first, and after a failure, it asks for the table whatever its revision: a registry restored from a backup
/// may count from a lower one. From then on changes are enough. They are applied only to the revision that they
/// name, and only if what comes out has the digest that they say; else the whole table is asked for. Where the
/// digest of a whole table is not what the registry says, or it says none, this side and that one do not
/// understand
/// the same of a table, because one is older: then only whole tables are asked for.
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
    private final SnapshotWriter snapshot;
    private final Replicas replicas;
    private final Routes routes;
    private final Consumer<RoutingIndex> onChange;
    private final JsonMapper json;
    private final Backoff backoff;
    private final RandomGenerator random;
    private final Pause pause;
    private final Map<Kind, Counter> answers = new EnumMap<>(Kind.class);
    private RoutingContent held = RoutingContent.of(RoutingTable.EMPTY);
    private RoutingIndex index = RoutingIndex.of(RoutingTable.EMPTY, Map.of());
    private Map<String, Replica> workers = Map.of();
    private long revision = ANY;
    private boolean confirmed;
    private boolean readsChanges;
    private int failures;
    private volatile @Nullable Thread thread;

    public TableFeed(
            StateClient registry,
            SnapshotWriter snapshot,
            TableSink sink,
            JsonMapper json,
            FeedProperties properties,
            MeterRegistry meters,
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
        for (var kind : Kind.values()) {
            answers.put(
                    kind,
                    Counter.builder("presage_gateway_table_answers_total")
                            .description("What the registry answered about the routing table")
                            .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                            .register(meters));
        }
    }

    /// What an answer was.
    private enum Kind {
        WHOLE,
        CHANGES,
        /// Changes that did not fit; the whole table followed.
        MISFIT
    }

    /// Where a table goes.
    ///
    /// @param onChange hears of every index after it was published
    public record TableSink(Replicas replicas, Routes routes, Consumer<RoutingIndex> onChange) {}

    /// Reads the table on disk, if there is one.
    void restore() {
        snapshot.file().read().ifPresent(table -> {
            try {
                publish(table, RoutingContent.of(table));
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
            var answer = registry.poll(confirmed ? revision : ANY, confirmed && readsChanges);
            confirmed = switch (answer) {
                case StateClient.Answer.Nothing _ -> true;
                case StateClient.Answer.Whole(var table) -> {
                    accept(json.readValue(table, RoutingTable.class));
                    yield true;
                }
                case StateClient.Answer.Changes(var changes) -> accept(json.readValue(changes, RoutingChanges.class));
            };
            if (failures > 0) {
                log.info("event=feed-recovered failures={} revision={}", failures, revision);
            }
            failures = 0;
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

    private void accept(RoutingTable table) {
        count(Kind.WHOLE);
        if (confirmed && table.revision() == revision) {
            return;
        }
        if (table.revision() < revision) {
            log.warn("event=revision-went-back from={} to={}", revision, table.revision());
        }
        var content = RoutingContent.of(table);
        boolean isNewKeys = !content.keys().equals(held.keys());
        publish(table, content);
        readsChanges = content.digest().equals(table.digest());
        snapshot.offer(revision, content, isNewKeys);
    }

    /// False when they do not fit what is held, of which then nothing is changed.
    private boolean accept(RoutingChanges changes) {
        var next = held.with(changes.models(), List.of(), changes.workers(), changes.keys(), changes.limits());
        if (changes.from() != revision || !next.digest().equals(changes.digest())) {
            count(Kind.MISFIT);
            log.warn(
                    "event=changes-misfit held={} from={} to={} digest={}",
                    revision,
                    changes.from(),
                    changes.revision(),
                    next.digest().equals(changes.digest()) ? "right" : "wrong");
            return false;
        }
        count(Kind.CHANGES);
        publish(changes, next);
        snapshot.offer(revision, next, changes.keys() != null);
        return true;
    }

    private void count(Kind kind) {
        var counter = answers.get(kind);
        if (counter != null) {
            counter.increment();
        }
    }

    private void publish(RoutingTable table, RoutingContent content) {
        workers = replicas.update(table.workers());
        publish(RoutingIndex.of(table, workers), content);
    }

    /// Routes name workers by what is known of them: when these change, all routes are made anew.
    private void publish(RoutingChanges changes, RoutingContent content) {
        if (changes.workers() != null) {
            publish(content.table(changes.revision()), content);
            return;
        }
        publish(
                index.with(
                        changes.revision(),
                        changes.models(),
                        workers,
                        changes.keys() == null ? index.keys() : KeyRing.of(changes.keys()),
                        changes.limits() == null ? index.limits() : changes.limits()),
                content);
    }

    private void publish(RoutingIndex next, RoutingContent content) {
        routes.publish(next);
        index = next;
        held = content;
        revision = next.revision();
        onChange.accept(next);
    }

    @Override
    public void start() {
        restore();
        snapshot.start();
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
        snapshot.stop();
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
