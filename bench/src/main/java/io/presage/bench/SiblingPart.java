package io.presage.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// An int8 sibling beside its original, as the registry shows them, and both under load.
final class SiblingPart implements Part {
    private static final String MODEL = "sentences";
    private static final int CALLERS = 16;

    @Override
    public String name() {
        return "sibling";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        int mark = stage.mark();
        var services = stage.keep(new Services(stage.root(), stage.directory("services")));
        var directory = stage.models().embeddingText();
        var call = Call.binary(List.of(Call.text("text", Texts.ofTokens(Workload.TOKENS))));
        Stage.say("asking for a sibling");
        services.upload(MODEL, directory, "?quantize=int8");
        if (!services.version(MODEL, 1).contains("\"siblings\"")) {
            stage.release(mark);
            report.section("An int8 sibling", "Left out: this registry knows no siblings.");
            return;
        }
        services.awaitVersion(MODEL, 1);
        services.awaitVersion(MODEL, 2);
        var view = JsonMapper.builder().build().readTree(services.version(MODEL, 2));
        var targets = new ArrayList<Wrk.Target>();
        for (int version = 1; version <= 2; version++) {
            services.alias(MODEL, "number-" + version, version);
            var target = Wrk.Target.of(stage, services.workerUrl(MODEL, version), Services.workerHeaders(), call);
            Stage.await(MODEL + "/" + version + " answers", target::answers);
            targets.add(target);
        }
        var subjects = List.of(
                Subject.http("original, fp32", targets.getFirst(), CALLERS, services.worker()),
                Subject.http("sibling, int8", targets.getLast(), CALLERS, services.worker()));
        var results = Rounds.measure(name(), subjects, Plan.large(stage.isQuick()));
        stage.release(mark);
        write(report, view.path("siblings").path(0), results);
    }

    private static void write(Report report, JsonNode sibling, List<Results> results) {
        report.section(
                "An int8 sibling",
                "MiniLM, `?quantize=int8` at upload; what the registry shows of both, then texts of " + Workload.TOKENS
                        + " tokens, " + CALLERS + " callers.");
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("", "original", "sibling"));
        for (var figure : List.of("packageBytes", "modelBytes", "memoryBytes", "loadMillis", "millisOfOneRow")) {
            rows.add(List.of(figure, text(sibling.path("original"), figure), text(sibling.path("derived"), figure)));
        }
        report.table(rows);
        var answers = sibling.path("answers");
        report.line("");
        report.line("Answers on the samples: smallest cosine " + text(answers, "minCosine")
                + ", largest absolute difference " + text(answers, "maxAbsDifference") + ", mean "
                + text(answers, "meanAbsDifference") + ".");
        report.loads(results);
    }

    private static String text(JsonNode node, String member) {
        var value = node.path(member);
        return value.isNumber()
                ? value.isIntegralNumber() ? Report.whole(value.asDouble()) : Double.toString(value.asDouble())
                : "-";
    }
}
