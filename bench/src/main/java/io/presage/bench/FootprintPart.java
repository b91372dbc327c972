package io.presage.bench;

import io.presage.contract.state.Tuning;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What a worker takes without models, and what a small idle model adds: memory, threads, CPU to load.
final class FootprintPart implements Part {
    private static final double EMPTY_MAX_MB = 250;
    private static final double MODEL_MAX_MB = 0.2;
    private static final double LOAD_MAX_MILLIS = 5;

    /// The image's, in a container of 3 GB.
    private static final List<String> HEAP = List.of(
            "-Xmx1g",
            "-Xms32m",
            "-XX:MinHeapFreeRatio=10",
            "-XX:MaxHeapFreeRatio=30",
            "-XX:G1PeriodicGCInterval=30000");

    @Override
    public String name() {
        return "footprint";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        int mark = stage.mark();
        int models = stage.isQuick() ? 200 : 1000;
        var uploads = new LinkedHashMap<String, byte[]>();
        for (int i = 0; i < models; i++) {
            uploads.put("small-" + i, OnnxFile.tabular(1000L + i));
        }
        var worker = WorkerStand.start(stage, HEAP);
        var registry = worker.registry();
        var started = Resident.of(worker.child());
        TimeUnit.SECONDS.sleep(2);
        var empty = Resident.collected(worker.child());
        var first = OnnxFile.tabular(1);
        var tuning = registry.validate("first", first).tuning();
        registry.assignAll(Map.of("first", first), tuning);
        registry.awaitReady("first");
        var one = Resident.collected(worker.child());
        long start = System.nanoTime();
        double youngMillis = load(worker, uploads, tuning, 0, models / 2);
        double cpuMillis = load(worker, uploads, tuning, models / 2, models);
        double seconds = (System.nanoTime() - start) / 1e9;
        var all = Resident.collected(worker.child());
        stage.release(mark);
        double weights = first.length / 1e6;
        double added = (all.megabytes() - one.megabytes()) / models - weights;
        report.section(
                "Footprint",
                "Resident memory with the image's flags in a container of 3 GB. A small"
                        + " model has " + first.length + " bytes; all differ. CPU to load includes fetching, unpacking"
                        + " and reporting.");
        report.table(List.of(
                List.of("", "resident MB", "threads"),
                row("no models, just started", started),
                row("no models, collected", empty),
                row("1 model", one),
                row(models + 1 + " models", all)));
        report.line("");
        report.line("CPU to load one of the first half: " + Report.tenths(youngMillis) + " ms (most of it the JVM's"
                + " own compiling), of the second half: " + Report.tenths(cpuMillis) + " ms.");
        report.line("Time until all " + models + " were Ready: " + Report.tenths(seconds) + " s.");
        report.verdict(Verdict.atMost(
                "worker without models: resident just after its start", EMPTY_MAX_MB, started.megabytes(), " MB"));
        report.verdict(
                Verdict.atMost("worker without models: resident, collected", EMPTY_MAX_MB, empty.megabytes(), " MB"));
        report.verdict(Verdict.atMost("small idle model: memory beside its file", MODEL_MAX_MB, added, " MB"));
        report.verdict(Verdict.atMost("small idle models: threads added", 0, all.threads() - one.threads(), ""));
        report.verdict(Verdict.atMost(
                "small model: CPU to load, after " + models / 2 + " others", LOAD_MAX_MILLIS, cpuMillis, " ms"));
    }

    /// Milliseconds of CPU for each of the models from `from` on, which are assigned at once.
    private static double load(WorkerStand worker, Map<String, byte[]> all, @Nullable Tuning tuning, int from, int to)
            throws InterruptedException {
        var uploads = new LinkedHashMap<String, byte[]>();
        all.entrySet().stream()
                .skip(from)
                .limit(to - from)
                .forEach(each -> uploads.put(each.getKey(), each.getValue()));
        long before = worker.child().cpuMicros();
        worker.registry().assignAll(uploads, tuning);
        worker.registry().awaitAllReady(to + 1);
        return (worker.child().cpuMicros() - before) / 1e3 / (to - from);
    }

    private static List<String> row(String what, Resident size) {
        return List.of(what, Report.tenths(size.megabytes()), Integer.toString(size.threads()));
    }
}
