package io.presage.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Texts of 4 to 256 tokens in one stream, beside first-come batching that pads to the longest.
final class MixedPart implements Part {
    private static final double FASTER_MIN = 2;
    private static final int CALLERS = 32;
    private static final int TEXTS = 1024;
    /// More would leave a core without work now and then: all callers' texts would be in one batch.
    private static final int[] ROWS = {8, 16};

    @Override
    public String name() {
        return "mixed";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        var worker = stage.worker();
        Warmth.twin(
                stage,
                worker,
                stage.models().embeddingTextTwin(),
                Call.json(Workload.text(Texts.ofTokens(Workload.TOKENS))));
        int mark = stage.mark();
        var directory = stage.models().embeddingText();
        var texts = Texts.mixed(TEXTS);
        int cores = Runtime.getRuntime().availableProcessors();
        var direct = FirstCome.start(stage, directory, texts);
        var subjects = new ArrayList<Subject>();
        for (int rows : ROWS) {
            subjects.add(new Subject.InOwnProcess(
                    "first come, in process, at most " + rows + " rows",
                    direct,
                    FirstCome.order(cores, rows, CALLERS)));
        }
        worker.serve("minilm-text", directory);
        var calls = texts.stream().map(Workload::text).map(Call::json).toArray(Call[]::new);
        subjects.add(Subject.http("worker", worker.target("minilm-text", calls), CALLERS, worker.child()));
        var results = Rounds.measure(name(), subjects, Plan.large(stage.isQuick()));
        stage.release(mark);
        report.section(
                "Texts of mixed lengths",
                "Texts of 4 to 256 tokens, the logarithms of the lengths spread evenly (mean "
                        + Report.whole(meanTokens(texts)) + "), OIP JSON, " + CALLERS
                        + " callers. First come: one queue, a batch is what waits, padded to its longest text;"
                        + " no HTTP, the same tokenizer and pooling.");
        report.loads(results);
        var ours = results.getLast();
        double best = results.subList(0, ROWS.length).stream()
                .mapToDouble(Results::throughput)
                .max()
                .orElseThrow();
        report.verdict(Verdict.atLeast(
                "mixed lengths: throughput, times first-come batching's", FASTER_MIN, ours.throughput() / best, ""));
    }

    /// A text has a token more than it has spaces, and two marks.
    private static double meanTokens(List<String> texts) {
        return texts.stream()
                .mapToLong(text -> text.chars().filter(c -> c == ' ').count() + 3)
                .average()
                .orElseThrow();
    }
}
