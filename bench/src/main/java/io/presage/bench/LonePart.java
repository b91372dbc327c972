package io.presage.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// One caller on an idle worker, at once again and after pauses, beside the same call in process.
final class LonePart implements Part {
    private static final double ADDED_MILLIS = 0.3;
    private static final double FACTOR = 1.05;
    private static final int PAUSE_MILLIS = 50;

    /// @param threads of one run in process
    private record Case(String title, String model, Path packageDirectory, Call call, int threads) {}

    @Override
    public String name() {
        return "lone";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        var models = stage.models();
        int cores = Runtime.getRuntime().availableProcessors();
        var tumour = Call.binary(List.of(Call.floats("features", Workload.FEATURES, 1, Workload.FEATURES.length)));
        var embedding = Call.binary(Texts.tensors(models.embedding(), Workload.TOKENS));
        Warmth.twin(stage, stage.worker(), models.embeddingTwin(), embedding);
        report.section(
                "A lone request",
                "One connection, OIP binary, on a worker that has nothing else to do. In process: the same call,"
                        + " one caller. With pauses, " + PAUSE_MILLIS + " ms lie before each call.");
        for (var each : List.of(
                new Case("tabular", "tumour", models.tumour(), tumour, 1),
                new Case("embedding, 16 tokens", "minilm", models.embedding(), embedding, 1),
                new Case(
                        "embedding, 16 tokens, latency profile",
                        "minilm-latency",
                        models.embeddingLatency(),
                        embedding,
                        cores))) {
            measure(stage, report, each);
        }
    }

    private static void measure(Stage stage, Report report, Case lone) throws IOException, InterruptedException {
        var worker = stage.worker();
        int mark = stage.mark();
        worker.serve(lone.model(), lone.packageDirectory());
        var direct = InProcess.start(stage, Models.modelFile(lone.packageDirectory()), lone.call(), lone.threads());
        var target = worker.target(lone.model(), lone.call());
        var subjects = new ArrayList<Subject>();
        for (int pause : new int[] {0, PAUSE_MILLIS}) {
            var suffix = pause == 0 ? "" : ", with pauses";
            subjects.add(new Subject.InOwnProcess(
                    lone.title() + ", in process, " + lone.threads() + " threads" + suffix,
                    direct,
                    InProcess.order(1, 1, pause)));
            subjects.add(
                    new Subject.Http(lone.title() + ", worker" + suffix, target, 1, pause, List.of(worker.child())));
        }
        var plan = new Plan(stage.isQuick() ? 2 : 9, stage.seconds(2, 2), 200, stage.seconds(2, 2));
        var results = Rounds.measure("lone, " + lone.title(), subjects, plan);
        stage.release(mark);
        report.loads(results);
        for (int i = 0; i < results.size(); i += 2) {
            report.verdict(Verdict.atMost(
                    "lone request, " + results.get(i + 1).subject() + ": median beyond 1.05 times in process",
                    ADDED_MILLIS,
                    added(results.get(i), results.get(i + 1)),
                    " ms"));
        }
    }

    private static double added(Results inProcess, Results served) {
        var added = new double[served.rounds().size()];
        for (int i = 0; i < added.length; i++) {
            added[i] = (served.rounds().get(i).p50Micros()
                            - FACTOR * inProcess.rounds().get(i).p50Micros())
                    / 1000;
        }
        return Results.median(added);
    }
}
