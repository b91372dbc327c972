package io.presage.worker.versions;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.presage.contract.problem.Problem;
import io.presage.worker.batching.BatchObserver;
import io.presage.worker.batching.VersionQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/// What is measured of one version while it is served; taken from the registry when it is unloaded. Any thread.
public final class VersionMeters implements BatchObserver, AutoCloseable {
    private static final Duration[] BUCKETS = {
        Duration.ofNanos(50_000),
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };

    private static final int BATCH_SIZES_MAX = 256;

    private final MeterRegistry registry;
    private final LongAdder ranNanos;
    private final Tags tags;
    private final Timer queue;
    private final Timer compute;
    private final Timer total;
    private final DistributionSummary batchRows;
    private final Counter tokens;
    private final Counter padding;
    private final Map<Problem, Counter> failures = new ConcurrentHashMap<>();
    private final LongAdder prepareNanos = new LongAdder();
    private final LongAdder callComputeNanos = new LongAdder();
    private final LongAdder failureNanos = new LongAdder();
    private final Map<Integer, Runs> runsByRows = new ConcurrentHashMap<>();
    private final List<Meter> meters = new ArrayList<>();

    private record Runs(LongAdder count, LongAdder nanos) {
        Runs() {
            this(new LongAdder(), new LongAdder());
        }
    }

    /// `ranNanos`: gains what each run took.
    VersionMeters(MeterRegistry registry, VersionKey key, LongAdder ranNanos) {
        this.registry = registry;
        this.ranNanos = ranNanos;
        this.tags = Tags.of("model", key.model(), "version", Integer.toString(key.version()));
        this.queue = timer("presage.queue.duration", "From the arrival of a call to the start of its run");
        this.compute = timer("presage.compute.duration", "One run of the model");
        this.total =
                timer("presage.predict.duration", "From the arrival of a call's body to its answer, successes only");
        this.batchRows = DistributionSummary.builder("presage.batch.rows")
                .description("Rows of one run")
                .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096)
                .tags(tags)
                .register(registry);
        meters.add(batchRows);
        this.tokens = counter("presage.tokens", "Tokens that were run, padding apart");
        this.padding = counter("presage.padding.tokens", "Tokens of padding that were run");
    }

    private Counter counter(String name, String description) {
        var counter = Counter.builder(name).description(description).tags(tags).register(registry);
        meters.add(counter);
        return counter;
    }

    private Timer timer(String name, String description) {
        var timer = Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(BUCKETS)
                .tags(tags)
                .register(registry);
        meters.add(timer);
        return timer;
    }

    void watch(VersionQueue queue) {
        gauge("presage.queue.rows", "Rows that wait", queue::queueRows);
        gauge(
                "presage.cost.millis.per.unit",
                "Learned: what one more row costs, or token where rows are padded",
                () -> queue.cost().nanosPerUnit() / 1e6);
        gauge(
                "presage.cost.millis.per.call",
                "Learned: what a run costs beside its rows or tokens",
                () -> queue.cost().nanosPerCall() / 1e6);
    }

    private void gauge(String name, String description, Supplier<Number> value) {
        meters.add(
                Gauge.builder(name, value).description(description).tags(tags).register(registry));
    }

    @Override
    public void ran(int rows, long tokenCount, long paddingTokens, long computeNanos) {
        batchRows.record(rows);
        count(rows, computeNanos);
        if (tokenCount > 0) {
            tokens.increment(tokenCount);
            padding.increment(paddingTokens);
        }
        compute.record(computeNanos, TimeUnit.NANOSECONDS);
        ranNanos.add(computeNanos);
    }

    /// Callers choose how many rows they send: of the sizes that come, so many are told apart.
    private void count(int rows, long computeNanos) {
        var runs = runsByRows.get(rows);
        if (runs == null) {
            if (runsByRows.size() >= BATCH_SIZES_MAX) {
                return;
            }
            runs = runsByRows.computeIfAbsent(rows, _ -> new Runs());
        }
        runs.count().increment();
        runs.nanos().add(computeNanos);
    }

    /// A call was answered `totalNanos` after its body had arrived: its run began `queueNanos` after that, of
    /// which its preparation took `preparedNanos`, and took `computeNanos`.
    public void answered(long queueNanos, long preparedNanos, long computeNanos, long totalNanos) {
        queue.record(queueNanos, TimeUnit.NANOSECONDS);
        total.record(totalNanos, TimeUnit.NANOSECONDS);
        prepareNanos.add(preparedNanos);
        callComputeNanos.add(computeNanos);
    }

    /// A call was answered with an error, so long after its head or body had arrived.
    public void failed(Problem problem, long totalNanos) {
        failures.computeIfAbsent(problem, this::counter).increment();
        failureNanos.add(totalNanos);
    }

    /// Of calls so far. Read while calls go on, its parts may be a call apart from each other.
    public VersionStatistics statistics() {
        long queued = (long) queue.totalTime(TimeUnit.NANOSECONDS);
        long answered = (long) total.totalTime(TimeUnit.NANOSECONDS);
        long prepared = prepareNanos.sum();
        long computed = callComputeNanos.sum();
        return new VersionStatistics(
                total.count(),
                answered,
                Math.max(0, queued - prepared),
                prepared,
                computed,
                Math.max(0, answered - queued - computed),
                failures.values().stream()
                        .mapToLong(counter -> (long) counter.count())
                        .sum(),
                failureNanos.sum(),
                (long) batchRows.totalAmount(),
                batchRows.count(),
                runsByRows.entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(runs -> new VersionStatistics.Batch(
                                runs.getKey(),
                                runs.getValue().count().sum(),
                                runs.getValue().nanos().sum()))
                        .toList());
    }

    private Counter counter(Problem problem) {
        return Counter.builder("presage.predict.failures")
                .description("Calls that were answered with an error")
                .tags(tags.and("code", problem.name()))
                .register(registry);
    }

    @Override
    public void close() {
        meters.forEach(registry::remove);
        failures.values().forEach(registry::remove);
    }
}
