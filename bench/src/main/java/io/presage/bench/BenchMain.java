package io.presage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Runs the benchmark, or parts of it, and writes the report. Started by `bench/run`, in the root of the
/// checkout.
///
/// Options: `--quick`; `--only PART,PART`; `--all`; `--models DIR`; `--root DIR`, the checkout whose jars are
/// measured; `--commit HASH` and `--out FILE` as `bench/run` sets them.
final class BenchMain {
    private static final List<Part> PARTS = List.of(
            new TabularPart(),
            HeavyPart.embedding(),
            HeavyPart.image(),
            new MixedPart(),
            new LonePart(),
            new OverloadPart(),
            new LoadingPart(),
            new NeighboursPart(),
            new FootprintPart(),
            new ProcessPart(),
            new SiblingPart());
    /// Not about the worker alone: run when they are named, or with `--all`.
    private static final List<Part> OTHERS = List.of(
            new SoakPart(),
            new CodecPart(),
            new ChainPart(),
            new ProxyPart(),
            new GatewayPart(),
            new ExcessPart(),
            new RoutesPart());

    private static final List<String> SWITCHES = List.of("--quick", "--all");
    private static final List<String> SETTINGS = List.of("--only", "--models", "--root", "--commit", "--out");

    public static void main(String[] args) throws Exception {
        var options = Arrays.asList(args);
        var unknown = unknown(options);
        if (unknown.isPresent()) {
            System.err.println("bench: " + unknown.get() + " (expected: " + SWITCHES + " and, with a value, " + SETTINGS
                    + "; see bench/README.md)");
            System.exit(2);
        }
        var parts = chosen(value(options, "--only", ""), options.contains("--all"));
        boolean quick = options.contains("--quick");
        var stage = new Stage(
                Path.of(value(options, "--root", "")).toAbsolutePath(),
                Path.of(value(options, "--models", "examples/models")),
                quick);
        var stop = new Thread(() -> stage.release(0));
        Runtime.getRuntime().addShutdownHook(stop);
        int status = 1;
        try {
            var report = measure(stage, parts, new Report(value(options, "--commit", "unknown"), quick));
            var out = Path.of(value(options, "--out", "bench/reports/report.md"));
            Files.writeString(out, report.text());
            System.out.println("report: " + out);
            status = 0;
        } catch (IOException | RuntimeException e) {
            e.printStackTrace();
        } finally {
            Runtime.getRuntime().removeShutdownHook(stop);
            stage.close();
        }
        System.exit(status);
    }

    /// A part that breaks is reported as such, and the others still run.
    private static Report measure(Stage stage, List<Part> parts, Report report)
            throws IOException, InterruptedException {
        for (var part : parts) {
            long start = System.nanoTime();
            long stolen = Machine.stolenTicks();
            Stage.say("part " + part.name());
            try {
                part.run(stage, report);
            } catch (IOException | RuntimeException e) {
                e.printStackTrace();
                report.verdict(Verdict.missing("part " + part.name(), "runs", "broke: " + e.getMessage()));
                stage.abandon();
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            report.line("");
            report.line(Machine.sayStolen(Machine.stolenTicks() - stolen, seconds));
            Stage.say("part " + part.name() + " took " + Math.round(seconds) + " s");
        }
        report.verdict(Verdict.atMost("calls that failed, all parts", 0, report.failed(), ""));
        return report;
    }

    private static List<Part> chosen(String names, boolean all) {
        var known = Stream.concat(PARTS.stream(), OTHERS.stream()).toList();
        if (names.isEmpty()) {
            return all ? known : PARTS;
        }
        var wanted = List.of(names.split(",", -1));
        var knownNames = known.stream().map(Part::name).toList();
        for (var name : wanted) {
            if (!knownNames.contains(name)) {
                throw new IllegalArgumentException("--only: " + name + " (expected: some of " + knownNames + ")");
            }
        }
        return known.stream().filter(part -> wanted.contains(part.name())).toList();
    }

    /// The first argument that means nothing here: a run takes minutes, so that nothing is guessed.
    private static Optional<String> unknown(List<String> options) {
        for (int i = 0; i < options.size(); i++) {
            if (SETTINGS.contains(options.get(i)) && i + 1 < options.size()) {
                i++;
            } else if (!SWITCHES.contains(options.get(i))) {
                return Optional.of(options.get(i));
            }
        }
        return Optional.empty();
    }

    private static String value(List<String> options, String name, String otherwise) {
        int at = options.lastIndexOf(name);
        return at >= 0 && at + 1 < options.size() ? options.get(at + 1) : otherwise;
    }

    private BenchMain() {}
}
