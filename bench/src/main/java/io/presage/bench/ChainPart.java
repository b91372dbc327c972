package io.presage.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The whole chain, gateway and worker, beside nginx before a bare Netty server.
final class ChainPart implements Part {
    private static final String GATEWAY = "gateway + worker";
    private static final String NGINX = "nginx + bare Netty";
    private static final String NGINX_WORKER = "nginx + worker";
    private static final String WORKER = "worker";
    private static final String NETTY = "bare Netty";

    @Override
    public String name() {
        return "chain";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        Stage.say("starting Postgres, registry, worker and gateway");
        var services = stage.keep(new Services(stage.root(), stage.directory("services")));
        for (var workload : Workload.values()) {
            int mark = stage.mark();
            var plan = workload == Workload.TUMOUR ? Plan.small(stage.isQuick()) : Plan.large(stage.isQuick());
            var results = Rounds.measure(workload.model(), subjects(stage, workload, services), plan);
            stage.release(mark);
            write(report, workload, results);
        }
    }

    private static List<Subject> subjects(Stage stage, Workload workload, Services services)
            throws IOException, InterruptedException {
        var directory = workload == Workload.TUMOUR
                ? stage.models().tumour()
                : stage.models().quantised();
        var call = Call.json(workload.body());
        var work = stage.directory("chain");
        int connections = workload.connections();
        var subjects = new ArrayList<Subject>();

        int nettyPort = Child.freePort();
        var netty = netty(stage, directory, workload, nettyPort);
        subjects.add(Subject.http(NETTY, target(stage, nettyPort, workload, List.of(), call), connections, netty));
        int nginxPort = Child.freePort();
        var nginx = stage.keep(Nginx.start(work, nginxPort, nettyPort));
        subjects.add(
                Subject.http(NGINX, target(stage, nginxPort, workload, List.of(), call), connections, nginx, netty));

        Stage.say("serving " + workload.model());
        var key = services.predictKey();
        services.serve(workload, directory, key, call.body());
        var worker = services.worker();
        var headers = Services.workerHeaders();
        var behindNginx = Child.freePort();
        var second = stage.keep(Nginx.start(work, behindNginx, services.workerPort()));
        subjects.add(Subject.http(
                WORKER, target(stage, services.workerPort(), workload, headers, call), connections, worker));
        subjects.add(Subject.http(
                NGINX_WORKER, target(stage, behindNginx, workload, headers, call), connections, second, worker));
        var authorization = List.of("Authorization: Bearer " + key);
        subjects.add(Subject.http(
                GATEWAY,
                target(stage, services.gatewayPort(), workload, authorization, call),
                connections,
                services.gateway(),
                worker));
        return subjects;
    }

    private static Wrk.Target target(Stage stage, int port, Workload workload, List<String> headers, Call call)
            throws IOException {
        return Wrk.Target.of(stage, "http://127.0.0.1:" + port + workload.path(), headers, call);
    }

    /// A [NettyReference] that listens on `port`.
    static Child netty(Stage stage, Path modelDirectory, Workload workload, int port) throws IOException {
        return stage.keep(Child.start(
                "netty-" + workload.model(),
                stage.directory("netty"),
                Map.of(),
                Java.main(
                        NettyReference.class,
                        List.of(modelDirectory.toString(), workload.name(), Integer.toString(port)))));
    }

    private static void write(Report report, Workload workload, List<Results> results) {
        report.section(
                "Whole chain: " + workload.model(),
                switch (workload) {
                    case TUMOUR ->
                        "OIP JSON, FP32 [1, 30] (" + workload.body().length() + " bytes of body), "
                                + workload.connections() + " keep-alive connections.";
                    case MINILM ->
                        "OIP JSON, one text of " + Workload.TOKENS + " tokens to 384 numbers (int8), "
                                + workload.connections() + " keep-alive connections.";
                });
        report.loads(results);
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("CPU a request", ""));
        ratio(rows, results, WORKER, NETTY);
        ratio(rows, results, GATEWAY, NGINX);
        ratio(rows, results, GATEWAY, NGINX_WORKER);
        ratio(rows, results, GATEWAY, NETTY);
        hop(rows, results, "nginx before Netty", NGINX, NETTY);
        hop(rows, results, "nginx before the worker", NGINX_WORKER, WORKER);
        hop(rows, results, "the gateway", GATEWAY, WORKER);
        report.table(rows);
    }

    private static void ratio(List<List<String>> rows, List<Results> results, String one, String other) {
        double ratio = Results.named(results, one).cpu()
                / Results.named(results, other).cpu();
        rows.add(List.of(one + " / " + other, Report.ratio(ratio)));
    }

    private static void hop(List<List<String>> rows, List<Results> results, String name, String with, String without) {
        double added = Results.named(results, with).cpu()
                - Results.named(results, without).cpu();
        rows.add(List.of("added by " + name, Report.tenths(added) + " us"));
    }
}
