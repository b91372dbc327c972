package io.presage.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/// A queue of few rows and far more callers: how long a refusal takes.
final class OverloadPart implements Part {
    private static final int QUEUE_ROWS = 8;
    private static final int CALLERS = 256;
    /// Between a caller's calls, so that refusals do not become a load of their own.
    private static final int PAUSE_MILLIS = 250;
    private static final double REFUSED_MEDIAN_MAX_MILLIS = 2;

    /// @param others answers that are neither 200, 429 nor 503
    private record Seen(Histogram answered, Histogram refused, long others) {
        void add(Seen other) {
            answered.add(other.answered);
            refused.add(other.refused);
        }
    }

    @Override
    public String name() {
        return "overload";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        var worker = stage.worker();
        var model = "minilm-short-queue";
        var directory = stage.models().embeddingShortQueue(QUEUE_ROWS);
        worker.serve(model, directory);
        var call = Call.binary(Texts.tensors(directory, 64));
        load(worker, model, call, stage.seconds(1, 3).toNanos());
        var seen = load(worker, model, call, stage.seconds(3, 10).toNanos());
        worker.remove(model);
        report.section(
                "Overload",
                "Embedding of 64 tokens, a queue of " + QUEUE_ROWS + " rows, " + CALLERS + " callers that wait "
                        + PAUSE_MILLIS + " ms between calls.");
        report.table(List.of(
                List.of("", "calls", "p50 ms", "p99 ms"),
                row("answered", seen.answered()),
                row("refused (429, 503)", seen.refused()),
                List.of("other answers", Long.toString(seen.others()), "", "")));
        report.failed(seen.others());
        report.verdict(Verdict.atMost(
                "full queue: median of a refusal", REFUSED_MEDIAN_MAX_MILLIS, millis(seen.refused(), 50), " ms"));
        report.verdict(Verdict.atMost(
                "full queue: p99 of a refusal (limit: the median of an answer)",
                millis(seen.answered(), 50),
                millis(seen.refused(), 99),
                " ms"));
    }

    private static Seen load(WorkerStand worker, String model, Call call, long nanos)
            throws IOException, InterruptedException {
        var callers = new ArrayList<Callable<Seen>>();
        long until = System.nanoTime() + nanos;
        for (int i = 0; i < CALLERS; i++) {
            int number = i;
            callers.add(() -> caller(worker, model, call, until, number));
        }
        var all = new Seen(new Histogram(3), new Histogram(3), 0);
        long others = 0;
        try (var executor = Executors.newFixedThreadPool(CALLERS)) {
            for (var each : executor.invokeAll(callers)) {
                all.add(each.get());
                others += each.get().others();
            }
        } catch (ExecutionException e) {
            throw new IOException("a caller broke: " + e.getCause(), e);
        }
        return new Seen(all.answered(), all.refused(), others);
    }

    private static Seen caller(WorkerStand worker, String model, Call call, long untilNanos, int number)
            throws IOException, InterruptedException {
        var answered = new Histogram(3);
        var refused = new Histogram(3);
        long others = 0;
        // Not all at once.
        TimeUnit.MICROSECONDS.sleep((long) number * PAUSE_MILLIS * 1000 / CALLERS);
        try (var connection = new Connection(worker, model, call)) {
            while (System.nanoTime() < untilNanos) {
                long start = System.nanoTime();
                int status = connection.call();
                long took = System.nanoTime() - start;
                switch (status) {
                    case 200 -> answered.recordValue(took);
                    case 429, 503 -> refused.recordValue(took);
                    default -> others++;
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        }
        return new Seen(answered, refused, others);
    }

    private static List<String> row(String what, Histogram histogram) {
        return List.of(
                what,
                Long.toString(histogram.getTotalCount()),
                Report.ratio(millis(histogram, 50)),
                Report.ratio(millis(histogram, 99)));
    }

    private static double millis(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }
}
