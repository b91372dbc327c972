package io.presage.bench;

import java.io.IOException;
import java.util.List;

/// A small tabular model, the worker alone and saturated, JSON and binary, beside a bare Netty server.
final class TabularPart implements Part {
    private static final double JSON_MAX = 2.0;
    private static final double BINARY_MAX = 1.6;
    private static final int CONNECTIONS = 32;

    @Override
    public String name() {
        return "tabular";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        var worker = stage.worker();
        int mark = stage.mark();
        var directory = stage.models().tumour();
        worker.serve("tumour", directory);
        var json = Call.json(Workload.TUMOUR.body());
        var binary = Call.binary(List.of(Call.floats("features", Workload.FEATURES, 1, Workload.FEATURES.length)));
        int nettyPort = Child.freePort();
        var netty = ChainPart.netty(stage, directory, Workload.TUMOUR, nettyPort);
        int cores = Runtime.getRuntime().availableProcessors();
        var url = "http://127.0.0.1:" + nettyPort + WorkerStand.path("tumour");
        var floor = InProcess.start(stage, Models.modelFile(directory), binary, 1);
        var results = Rounds.measure(
                name(),
                List.of(
                        new Subject.InOwnProcess("in process", floor, InProcess.order(cores, 1, 0)),
                        Subject.http(
                                "bare Netty, JSON", Wrk.Target.of(stage, url, List.of(), json), CONNECTIONS, netty),
                        Subject.http("worker, JSON", worker.target("tumour", json), CONNECTIONS, worker.child()),
                        Subject.http(
                                "bare Netty, binary", Wrk.Target.of(stage, url, List.of(), binary), CONNECTIONS, netty),
                        Subject.http("worker, binary", worker.target("tumour", binary), CONNECTIONS, worker.child())),
                Plan.small(stage.isQuick()));
        stage.release(mark);
        report.section(
                "Small tabular model",
                "FP32 [1, 30] to a label and two probabilities, " + CONNECTIONS + " keep-alive connections. JSON: "
                        + json.body().length + " bytes; binary, in and out: " + binary.body().length + ".");
        report.loads(results);
        report.verdict(Verdict.atMost(
                "tabular, JSON: CPU a request, times bare Netty's", JSON_MAX, ratio(results, "JSON"), ""));
        report.verdict(Verdict.atMost(
                "tabular, binary: CPU a request, times bare Netty's", BINARY_MAX, ratio(results, "binary"), ""));
    }

    private static double ratio(List<Results> results, String form) {
        return Results.named(results, "worker, " + form)
                .ratio(Results.named(results, "bare Netty, " + form), Load::cpuMicrosPerRequest);
    }
}
