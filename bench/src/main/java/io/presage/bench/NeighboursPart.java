package io.presage.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;

/// What a steadily served version notices when other versions are loaded and unloaded in turn: windows of calm
/// and of loading take turns, under the same arrivals.
final class NeighboursPart implements Part {
    private static final double ADDED_MAX = 1.10;
    private static final double LOAD = 0.6;
    private static final int NEIGHBOURS = 20;
    /// Before the first window: the code that loads is compiled then.
    private static final int WARM_UP_LOADS = 40;

    /// Windows of one kind.
    private record Windows(List<Double> p99Millis, List<Double> p50Millis) {
        Windows() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        void add(Histogram durationsNanos) {
            p99Millis.add(durationsNanos.getValueAtPercentile(99) / 1e6);
            p50Millis.add(durationsNanos.getValueAtPercentile(50) / 1e6);
        }
    }

    @Override
    public String name() {
        return "neighbours";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        int mark = stage.mark();
        var directory = stage.models().embedding();
        var uploads = new ArrayList<byte[]>();
        for (int i = 0; i < NEIGHBOURS; i++) {
            uploads.add(Packages.zip(stage.models().neighbour(i)));
        }
        var worker = WorkerStand.start(stage, Java.FIXED_HEAP, "--worker.drain-grace=100ms");
        var call = Call.binary(Texts.tensors(directory, Workload.TOKENS));
        Warmth.twin(stage, worker, stage.models().embeddingTwin(), call);
        worker.serve("minilm", directory);
        var tuning = worker.registry().validate("neighbour", uploads.getFirst()).tuning();
        var target = worker.target("minilm", call);
        Wrk.run(target, 16, 0, stage.seconds(3, 8));
        double rate = LOAD * Wrk.run(target, 16, 0, stage.seconds(2, 5)).requestsPerSecond();
        Stage.say("neighbours: " + Report.whole(rate) + " calls a second");
        int rounds = stage.isQuick() ? 2 : 8;
        double seconds = stage.isQuick() ? 4 : 8;
        var calm = new Windows();
        var loading = new Windows();
        var loads = new AtomicInteger();
        long failed = 0;
        new Turns(worker.registry(), uploads, tuning, loads, WARM_UP_LOADS).await();
        loads.set(0);
        try (var load = new SteadyLoad(() -> new Connection(worker, "minilm", call))) {
            load.run(rate, seconds / 2);
            for (int round = 0; round < 2 * rounds; round++) {
                // Calm, loading, loading, calm: a drift of the machine falls on both.
                if (round % 4 == 0 || round % 4 == 3) {
                    var seen = load.run(rate, seconds);
                    calm.add(seen.durationsNanos());
                    failed += seen.failed();
                } else {
                    var turns = new Turns(worker.registry(), uploads, tuning, loads, Integer.MAX_VALUE);
                    try {
                        var seen = load.run(rate, seconds);
                        loading.add(seen.durationsNanos());
                        failed += seen.failed();
                    } finally {
                        turns.stop();
                    }
                }
            }
        }
        stage.release(mark);
        report.failed(failed);
        report.section(
                "Neighbours",
                "Embedding of 16 tokens, " + Report.whole(rate) + " calls a second (" + Math.round(LOAD * 100)
                        + " % of what the worker can), arriving at random; " + rounds + " windows of "
                        + Report.whole(seconds) + " s of each kind, taking turns. Meanwhile " + NEIGHBOURS
                        + " networks of 5 MB are loaded and unloaded in turn: " + loads.get() + " loads in all.");
        report.table(List.of(
                List.of("", "p50 ms", "p99 ms"),
                List.of(
                        "calm",
                        Report.ratio(Results.median(calm.p50Millis())),
                        Report.ratio(Results.median(calm.p99Millis()))),
                List.of(
                        "while others load",
                        Report.ratio(Results.median(loading.p50Millis())),
                        Report.ratio(Results.median(loading.p99Millis())))));
        report.verdict(Verdict.atMost("p99 while neighbours load, times calm", ADDED_MAX, added(calm, loading), ""));
    }

    /// The median over pairs of neighbouring windows: what the machine itself gives changes from one to the next
    /// less than over all of them.
    private static double added(Windows calm, Windows loading) {
        var added = new ArrayList<Double>();
        for (int i = 0; i < calm.p99Millis().size(); i++) {
            added.add(loading.p99Millis().get(i) / calm.p99Millis().get(i));
        }
        return Results.median(added);
    }

    /// Loads and unloads one version after the other on a thread of its own, until it is stopped.
    private static final class Turns {
        private final Thread thread;
        private volatile boolean isStopping;

        Turns(
                RegistryStand registry,
                List<byte[]> uploads,
                io.presage.contract.state.@org.jspecify.annotations.Nullable Tuning tuning,
                AtomicInteger loads,
                int loadsMax) {
            thread = Thread.ofPlatform().name("turns").start(() -> {
                try {
                    while (!isStopping && loads.get() < loadsMax) {
                        int number = loads.getAndIncrement() % NEIGHBOURS;
                        var model = "neighbour-" + number;
                        registry.assignAll(Map.of(model, uploads.get(number)), tuning);
                        registry.awaitReady(model);
                        registry.unassign(model);
                        registry.awaitGone(model);
                    }
                } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                }
            });
        }

        void await() throws InterruptedException {
            thread.join();
        }

        void stop() throws InterruptedException {
            isStopping = true;
            thread.join();
        }
    }
}
