package io.presage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How long a version takes to load for the first time on a machine, and when its optimised graph was kept from
/// a load before.
final class LoadingPart implements Part {
    private record Case(String title, Path packageDirectory) {}

    @Override
    public String name() {
        return "loading";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        var registry = stage.worker().registry();
        int rounds = stage.isQuick() ? 1 : 3;
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("", "first load, ms", "later load, ms", "later / first"));
        for (var each : List.of(
                new Case("embedding, fp32, 90 MB", stage.models().embedding()),
                new Case("image, 17 MB", stage.models().image()))) {
            var first = new ArrayList<Double>();
            var later = new ArrayList<Double>();
            for (int round = 0; round < rounds; round++) {
                Stage.say("loading " + each.title() + ": round " + (round + 1) + " of " + rounds);
                var upload = unseen(stage, each.packageDirectory(), round);
                first.add(registry.validate("loading", upload).loadMillis());
                later.add(registry.validate("loading-again", upload).loadMillis());
            }
            double before = Results.median(first);
            double after = Results.median(later);
            rows.add(List.of(each.title(), Report.tenths(before), Report.tenths(after), Report.ratio(after / before)));
        }
        report.section(
                "Loading",
                "From the unpacked package to the first answer, as the worker measures it. First: a package that this"
                        + " worker never saw. Later: the same package again, its optimised graph lying beside it."
                        + " Medians of " + rounds + ".");
        report.table(rows);
    }

    /// The package with a line that no other upload has, so that the worker knows nothing of it.
    private static byte[] unseen(Stage stage, Path packageDirectory, int round) throws IOException {
        var directory = stage.directory("loading");
        Models.copy(packageDirectory, directory);
        Files.writeString(directory.resolve("NOTE.txt"), "round " + round + "\n");
        return Packages.zip(directory);
    }
}
