package io.presage.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A model that takes milliseconds, 16 callers, beside the best that ONNX Runtime does in process with batches
/// put together by hand; and whether the callers were treated alike.
final class HeavyPart implements Part {
    private static final int CALLERS = 16;
    private static final double FAIR_MAX = 3;
    /// Sixteen callers can fill a batch for each of two cores.
    private static final int[] ROWS = {1, 2, 4, 8};

    /// Bars of one kind of call.
    ///
    /// @param cpuMax CPU an item, times the reference's
    /// @param throughputMin share of the reference's; 0 when there is no such bar
    private record Case(String title, double cpuMax, double throughputMin) {}

    /// What the worker is asked, the reference being the tensors of the first.
    private record Asked(String name, String model, Path packageDirectory, Call call) {}

    private final String name;

    private HeavyPart(String name) {
        this.name = name;
    }

    static Part embedding() {
        return new HeavyPart("embedding");
    }

    static Part image() {
        return new HeavyPart("image");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        var models = stage.models();
        if (name.equals("image")) {
            var call = Call.binary(List.of(picture()));
            Warmth.twin(stage, stage.worker(), models.imageTwin(), call);
            measure(
                    stage,
                    report,
                    new Case("image, " + call.body().length / 1000 + " kB", 1.08, 0),
                    List.of(new Asked("worker", "image", models.image(), call)));
            return;
        }
        var tensors = models.embedding();
        var texts = models.embeddingText();
        for (int tokens : new int[] {16, 64}) {
            var call = Call.binary(Texts.tensors(tensors, tokens));
            var text = Call.binary(List.of(Call.text("text", Texts.ofTokens(tokens))));
            if (tokens == Workload.TOKENS) {
                Warmth.twin(stage, stage.worker(), models.embeddingTwin(), call);
                Warmth.twin(stage, stage.worker(), models.embeddingTextTwin(), text);
            }
            measure(
                    stage,
                    report,
                    tokens == 16
                            ? new Case("embedding, 16 tokens", 1.05, 0.93)
                            : new Case("embedding, 64 tokens", 1.03, 0.97),
                    List.of(
                            new Asked("worker, tensors", "minilm", tensors, call),
                            new Asked("worker, text", "minilm-text", texts, text)));
        }
    }

    private static io.presage.contract.infer.Tensor picture() {
        var pixels = new float[3 * 224 * 224];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.sin(i * 0.37);
        }
        return Call.floats("image", pixels, 1, 3, 224, 224);
    }

    private void measure(Stage stage, Report report, Case bars, List<Asked> asked)
            throws IOException, InterruptedException {
        var worker = stage.worker();
        int mark = stage.mark();
        var first = asked.getFirst();
        var direct = InProcess.start(stage, Models.modelFile(first.packageDirectory()), first.call(), 1);
        int rows = bestRows(stage, direct);
        int cores = Runtime.getRuntime().availableProcessors();
        var reference = "in process, " + cores + " callers, batches of " + rows;
        var subjects = new ArrayList<Subject>();
        subjects.add(new Subject.InOwnProcess(reference, direct, InProcess.order(cores, rows, 0)));
        var before = new ArrayList<WorkerStand.Runs>();
        var tunings = new StringBuilder();
        for (var each : asked) {
            var profile = worker.serve(each.model(), each.packageDirectory());
            tunings.append("\n").append(each.name() + ": " + profile.tuning() + ".");
            before.add(worker.runs(each.model()));
            subjects.add(Subject.http(each.name(), worker.target(each.model(), each.call()), CALLERS, worker.child()));
        }
        var results = Rounds.measure(bars.title(), subjects, Plan.large(stage.isQuick()));
        for (int i = 0; i < asked.size(); i++) {
            double mean = worker.runs(asked.get(i).model()).meanSince(before.get(i));
            tunings.append("\n").append(asked.get(i).name() + ": " + Report.tenths(mean) + " rows in a run.");
        }
        stage.release(mark);
        report.section(
                capital(bars.title()),
                CALLERS + " keep-alive connections, OIP binary. The reference is the best of "
                        + "batches of 1, 2, 4 and 8 rows put together by hand. What the worker measured and did:\n"
                        + tunings.toString().strip().replace("\n", "  \n"));
        report.loads(results);
        for (int i = 0; i < asked.size(); i++) {
            verdicts(report, bars, results.getFirst(), results.get(i + 1));
        }
    }

    /// The size of batch that costs least CPU an item.
    private static int bestRows(Stage stage, Direct.Caller direct) throws IOException {
        int cores = Runtime.getRuntime().availableProcessors();
        Duration duration = stage.seconds(1, 1);
        direct.run(duration, InProcess.order(cores, 1, 0));
        var cpu = new double[ROWS.length][stage.isQuick() ? 1 : 5];
        for (int round = 0; round < cpu[0].length; round++) {
            for (int i = 0; i < ROWS.length; i++) {
                cpu[i][round] =
                        direct.run(duration, InProcess.order(cores, ROWS[i], 0)).cpuMicrosPerRequest();
            }
        }
        int best = 0;
        for (int i = 0; i < ROWS.length; i++) {
            Stage.say(
                    "in process, batches of " + ROWS[i] + ": " + Report.whole(Results.median(cpu[i])) + " us an item");
            if (Results.median(cpu[i]) < Results.median(cpu[best])) {
                best = i;
            }
        }
        return ROWS[best];
    }

    private static void verdicts(Report report, Case bars, Results reference, Results worker) {
        var subject = bars.title() + ", " + worker.subject();
        report.verdict(Verdict.atMost(
                subject + ": CPU an item, times in process",
                bars.cpuMax(),
                worker.ratio(reference, Load::cpuMicrosPerRequest),
                ""));
        if (bars.throughputMin() > 0) {
            report.verdict(Verdict.atLeast(
                    subject + ": throughput, share of in process",
                    bars.throughputMin(),
                    worker.ratio(reference, Load::requestsPerSecond),
                    ""));
        }
        report.verdict(Verdict.atMost(
                subject + ": p99 of " + CALLERS + " callers, times p50",
                FAIR_MAX,
                worker.median(Load::p99Micros) / worker.median(Load::p50Micros),
                ""));
    }

    private static String capital(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
