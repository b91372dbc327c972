package io.presage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.results.RunResult;

/// The report as Markdown. Every ratio is computed here, from the medians it stands beside.
final class Report {
    private final StringBuilder text = new StringBuilder();

    Report(String commit, boolean quick) throws IOException {
        line("# Benchmark of " + commit + (quick ? " (quick)" : ""));
        line("");
        line("| | |");
        line("|---|---|");
        line("| commit | " + commit + " |");
        line("| processor | " + first("/proc/cpuinfo", "model name") + ", "
                + Runtime.getRuntime().availableProcessors() + " cores |");
        line("| memory | " + Long.parseLong(first("/proc/meminfo", "MemTotal").replace(" kB", "")) / 1048576
                + " GiB |");
        line("| load average before | "
                + Files.readString(Path.of("/proc/loadavg")).strip() + " |");
        line("| JDK | " + System.getProperty("java.vm.name") + " " + Runtime.version() + " |");
        line("| flags of every JVM | `" + Java.flags() + "` |");
        line("");
        line(
                "CPU is user and system time of the measured processes (`/proc/PID/stat`, children included) divided by the");
        line("requests that were answered; Postgres, registry and the load generator (`wrk`, one thread, on the same");
        line(
                "machine) are not in it. All subjects of a table ran in the same run, in turns; figures are medians over the");
        line("rounds, in brackets the smallest and the largest.");
        if (quick) {
            line("A quick run: shorter warm-up and fewer rounds than figures to be quoted need.");
        }
    }

    /// Of JMH's results, the codec's.
    void codec(Iterable<RunResult> results) {
        line("");
        line("## Codec");
        line("");
        line("| JMH, one thread | median ns a call | p90 ns |");
        line("|---|---|---|");
        for (var result : results) {
            var primary = result.getPrimaryResult();
            var sampled = primary.getStatistics();
            line("| " + primary.getLabel() + " | " + whole(sampled.getPercentile(50)) + " | "
                    + whole(sampled.getPercentile(90)) + " |");
        }
    }

    void workload(Workload workload, List<Results> subjects) {
        line("");
        line("## " + workload.model());
        line("");
        line(
                switch (workload) {
                    case TUMOUR ->
                        "OIP JSON, FP32 [1, 30] (" + workload.body().length() + " bytes of body), "
                                + workload.connections() + " keep-alive connections.";
                    case MINILM ->
                        "OIP JSON, one text of " + Workload.TOKENS + " tokens to 384 numbers, " + workload.connections()
                                + " keep-alive connections. In process: the model alone, without tokenizer.";
                });
        line("");
        line("| | requests/s | CPU us a request | p50 us | p99 us | failed | warm-up requests |");
        line("|---|---|---|---|---|---|---|");
        for (var subject : subjects) {
            line("| " + subject.subject() + " | " + range(subject, Load::requestsPerSecond) + " | "
                    + range(subject, Load::cpuMicrosPerRequest) + " | " + whole(subject.median(Load::p50Micros)) + " | "
                    + whole(subject.median(Load::p99Micros)) + " | " + subject.failed() + " | " + subject.warmUp()
                    + " |");
        }
        line("");
        line("| CPU a request | |");
        line("|---|---|");
        ratio(subjects, "worker", "bare Netty");
        ratio(subjects, "gateway + worker", "nginx + bare Netty");
        ratio(subjects, "gateway + worker", "nginx + worker");
        ratio(subjects, "gateway + worker", "bare Netty");
        hop(subjects, "nginx before Netty", "nginx + bare Netty", "bare Netty");
        hop(subjects, "nginx before the worker", "nginx + worker", "worker");
        hop(subjects, "the gateway", "gateway + worker", "worker");
    }

    private void ratio(List<Results> subjects, String one, String other) {
        var numerator = find(subjects, one);
        var denominator = find(subjects, other);
        if (numerator.isPresent() && denominator.isPresent()) {
            double ratio = numerator.get().cpu() / denominator.get().cpu();
            line("| " + one + " / " + other + " | " + String.format(Locale.ROOT, "%.2f", ratio) + " |");
        }
    }

    private void hop(List<Results> subjects, String name, String with, String without) {
        var both = find(subjects, with);
        var one = find(subjects, without);
        if (both.isPresent() && one.isPresent()) {
            line("| added by " + name + " | "
                    + tenths(both.get().cpu() - one.get().cpu()) + " us |");
        }
    }

    private static Optional<Results> find(List<Results> subjects, String name) {
        return subjects.stream().filter(each -> each.subject().equals(name)).findFirst();
    }

    private static String range(Results subject, ToDoubleFunction<Load> value) {
        return number(subject.median(value)) + " (" + number(subject.min(value)) + ".." + number(subject.max(value))
                + ")";
    }

    private static String number(double value) {
        return value < 200 ? tenths(value) : whole(value);
    }

    private static String tenths(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static String whole(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }

    private static String first(String file, String name) throws IOException {
        try (var lines = Files.lines(Path.of(file))) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        }
    }

    String text() {
        return text.toString();
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
