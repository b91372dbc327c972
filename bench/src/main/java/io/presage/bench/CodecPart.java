package io.presage.bench;

import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/// The OIP codec alone: see [CodecBenchmark].
final class CodecPart implements Part {
    @Override
    public String name() {
        return "codec";
    }

    @Override
    public void run(Stage stage, Report report) {
        var options =
                new OptionsBuilder().include(CodecBenchmark.class.getName()).verbosity(VerboseMode.SILENT);
        if (stage.isQuick()) {
            options.measurementIterations(3).warmupIterations(2);
        }
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("JMH, one thread", "median ns a call", "p90 ns"));
        try {
            for (var result : new Runner(options.build()).run()) {
                var sampled = result.getPrimaryResult().getStatistics();
                rows.add(List.of(
                        result.getPrimaryResult().getLabel(),
                        Report.whole(sampled.getPercentile(50)),
                        Report.whole(sampled.getPercentile(90))));
            }
        } catch (RunnerException e) {
            throw new IllegalStateException("the codec could not be measured", e);
        }
        report.section("Codec", "Reading and writing the messages of the small model and of an embedding.");
        report.table(rows);
    }
}
