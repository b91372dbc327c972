package io.presage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// The report as Markdown: head, verdicts, then each part's section.
final class Report {
    private final StringBuilder head = new StringBuilder();
    private final List<Verdict> verdicts = new ArrayList<>();
    private final StringBuilder sections = new StringBuilder();
    private long failed;

    Report(String commit, boolean quick) throws IOException {
        head.append("# Benchmark of " + commit + (quick ? " (quick)" : "") + "\n\n| | |\n|---|---|\n");
        fact("commit", commit);
        fact(
                "processor",
                first("/proc/cpuinfo", "model name") + ", "
                        + Runtime.getRuntime().availableProcessors() + " cores");
        fact("memory", Long.parseLong(first("/proc/meminfo", "MemTotal").replace(" kB", "")) / 1048576 + " GiB");
        fact("load average before", Files.readString(Path.of("/proc/loadavg")).strip());
        fact("JDK", System.getProperty("java.vm.name") + " " + Runtime.version());
        fact("flags of JVMs that are compared", "`" + Java.flags() + "`");
        head.append("\n");
        head.append("""
                CPU is user and system time of the measured processes (`/proc/PID/stat`, children included) divided by the
                items that were answered; registry and load generator (`wrk`, one thread, on the same machine) are not in it.
                All subjects of a table ran in the same run, in turns; figures are medians over the rounds, in brackets the
                smallest and the largest. A ratio is the median of the rounds' ratios.
                """);
        if (quick) {
            head.append("A quick run: shorter warm-up and fewer rounds than figures to be quoted need.\n");
        }
    }

    private void fact(String name, String value) {
        head.append("| " + name + " | " + value + " |\n");
    }

    void verdict(Verdict verdict) {
        verdicts.add(verdict);
        Stage.say(verdict.bar() + ": " + verdict.measured() + " (" + verdict.limit() + "): " + verdict.word());
    }

    void section(String title, String text) {
        line("");
        line("## " + title);
        line("");
        line(text);
    }

    void line(String line) {
        sections.append(line).append('\n');
    }

    /// A table of any columns; the first row is the head.
    void table(List<List<String>> rows) {
        line("");
        for (int i = 0; i < rows.size(); i++) {
            line("| " + String.join(" | ", rows.get(i)) + " |");
            if (i == 0) {
                line("|" + "---|".repeat(rows.get(0).size()));
            }
        }
    }

    /// What load was answered.
    void loads(List<Results> subjects) {
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("", "items/s", "CPU us an item", "p50 us", "p99 us", "failed", "warm-up items"));
        for (var subject : subjects) {
            failed += subject.failed();
            rows.add(List.of(
                    subject.subject(),
                    range(subject, Load::requestsPerSecond),
                    range(subject, Load::cpuMicrosPerRequest),
                    range(subject, Load::p50Micros),
                    range(subject, Load::p99Micros),
                    Long.toString(subject.failed()),
                    Long.toString(subject.warmUp())));
        }
        table(rows);
    }

    /// Failures that no table of loads holds.
    void failed(long more) {
        failed += more;
    }

    /// Calls that were not answered with 200.
    long failed() {
        return failed;
    }

    static String range(Results subject, ToDoubleFunction<Load> value) {
        return number(subject.median(value)) + " (" + number(subject.min(value)) + ".." + number(subject.max(value))
                + ")";
    }

    static String number(double value) {
        return value < 200 ? tenths(value) : whole(value);
    }

    static String tenths(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    static String whole(double value) {
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
        var text = new StringBuilder(head);
        if (!verdicts.isEmpty()) {
            text.append("\n## Bars\n\n| bar | limit | measured | met |\n|---|---|---|---|\n");
            for (var verdict : verdicts) {
                text.append("| " + verdict.bar() + " | " + verdict.limit() + " | " + verdict.measured() + " | "
                        + verdict.word() + " |\n");
            }
        }
        return text.append(sections).toString();
    }
}
