package io.presage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What it costs to run an engine in a child process: one model of a pack, in the worker's own process and in a
/// child.
final class ProcessPart implements Part {
    private static final int FEATURES = 30;
    private static final int TREES = 200;
    private static final int CALLERS = 16;

    @Override
    public String name() {
        return "process";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        var pack = stage.root().resolve("engines/lightgbm/target/pack");
        var title = "Engines in child processes";
        if (Files.notExists(pack)) {
            report.section(title, "Left out: the LightGBM pack is not built (`mvn -pl engines/lightgbm -am package`).");
            return;
        }
        int mark = stage.mark();
        var packs = stage.directory("packs");
        Models.copy(pack, packs.resolve("lightgbm"));
        var model = stage.directory("lightgbm");
        Files.writeString(model.resolve("model.txt"), LightgbmFile.random(TREES, FEATURES, 1));
        var call = Call.binary(List.of(Call.floats("features", LightgbmFile.row(FEATURES), 1, FEATURES)));
        var lone = new ArrayList<Subject>();
        var many = new ArrayList<Subject>();
        for (var isolation : List.of("in-process", "process")) {
            var worker = worker(stage, packs, isolation);
            worker.serve("trees", model);
            var target = worker.target("trees", call);
            lone.add(Subject.http(isolation + ", 1 caller", target, 1, worker.child()));
            many.add(Subject.http(isolation + ", " + CALLERS + " callers", target, CALLERS, worker.child()));
        }
        lone.addAll(many);
        var plan = new Plan(stage.isQuick() ? 2 : 5, stage.seconds(2, 2), 20_000, stage.seconds(3, 6));
        var results = Rounds.measure(name(), lone, plan);
        stage.release(mark);
        report.section(
                title,
                "LightGBM, " + TREES + " trees of 32 leaves, OIP binary. CPU is that of the worker and its children.");
        report.loads(results);
        double added = results.get(1).median(Load::p50Micros) - results.get(0).median(Load::p50Micros);
        report.line("");
        report.line("A child process adds " + Report.whole(added) + " us to the median of a lone call and "
                + Report.whole(results.get(3).cpu() - results.get(2).cpu()) + " us of CPU to each of many.");
    }

    private static WorkerStand worker(Stage stage, Path packs, String isolation)
            throws IOException, InterruptedException {
        return WorkerStand.start(
                stage,
                Java.FIXED_HEAP,
                "--worker.engines.directory=" + packs,
                "--worker.engines.isolation.lightgbm=" + isolation);
    }
}
