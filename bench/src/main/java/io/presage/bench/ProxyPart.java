package io.presage.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/// What forwarding one JSON request costs: the gateway with everything switched on that calls usually need,
/// beside nginx, a bare Netty proxy and Spring Cloud Gateway, all before the same upstream.
final class ProxyPart implements Part {
    private static final String GATEWAY = "gateway";
    private static final String NETTY = "bare Netty proxy";
    private static final String NGINX = "nginx";
    private static final String SPRING = "Spring Cloud Gateway";
    private static final String DIRECT = "the upstream itself";

    private static final double NETTY_MAX_RATIO = 1.6;
    private static final double SPRING_MIN_RATIO = 3;
    private static final double ADDED_P50_MAX_MILLIS = 0.2;
    private static final double ADDED_P99_MAX_MILLIS = 1;
    private static final double CALLS_PER_SECOND = 1000;

    /// @param port where it listens
    private record Proxy(String name, int port, List<String> headers, Child child) {
        Wrk.Target target(Stage stage, Call call) throws IOException {
            return Wrk.Target.of(stage, "http://127.0.0.1:" + port + GatewayStand.path(), headers, call);
        }
    }

    @Override
    public String name() {
        return "proxy";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        int mark = stage.mark();
        var call = Call.json(Workload.TUMOUR.body());
        int upstreamPort = Child.freePort();
        var upstream = upstream(stage, upstreamPort, 0);
        var proxies = List.of(
                new Proxy(DIRECT, upstreamPort, List.of(), upstream),
                nginx(stage, upstreamPort),
                netty(stage, upstreamPort),
                gateway(stage, upstreamPort),
                spring(stage, upstreamPort));
        var subjects = new ArrayList<Subject>();
        for (var proxy : proxies) {
            subjects.add(Subject.http(
                    proxy.name(), proxy.target(stage, call), Workload.TUMOUR.connections(), proxy.child()));
        }
        var results = Rounds.measure("forwarding", subjects, Plan.forwarding(stage.isQuick()));
        writeCost(report, results, call);
        writeDelay(stage, report, proxies, call);
        stage.release(mark);
    }

    /// A [NettyUpstream].
    static Child upstream(Stage stage, int port, int delayMillis, Integer... lanes) throws IOException {
        var arguments = new ArrayList<>(List.of(Integer.toString(port), Integer.toString(delayMillis)));
        for (var each : lanes) {
            arguments.add(each.toString());
        }
        return stage.keep(Child.start(
                "upstream", stage.directory("upstream"), Map.of(), Java.main(NettyUpstream.class, arguments)));
    }

    private static Proxy nginx(Stage stage, int upstreamPort) throws IOException {
        int port = Child.freePort();
        var child = stage.keep(Nginx.start(stage.directory("nginx"), port, upstreamPort));
        return new Proxy(NGINX, port, List.of(), child);
    }

    private static Proxy netty(Stage stage, int upstreamPort) throws IOException {
        int port = Child.freePort();
        var child = stage.keep(Child.start(
                "netty-proxy",
                stage.directory("netty-proxy"),
                Map.of(),
                Java.main(NettyProxy.class, List.of(Integer.toString(port), Integer.toString(upstreamPort)))));
        return new Proxy(NETTY, port, List.of(), child);
    }

    private static Proxy gateway(Stage stage, int upstreamPort) throws IOException {
        var stand = GatewayStand.start(stage, upstreamPort, Java.FIXED_HEAP);
        return new Proxy(GATEWAY, stand.port(), GatewayStand.headers(), stand.child());
    }

    private static Proxy spring(Stage stage, int upstreamPort) throws IOException {
        int port = Child.freePort();
        var jar = stage.root().resolve("bench/spring-cloud-gateway/target/presage-bench-spring-cloud-gateway-exec.jar");
        var arguments = List.of(
                "--server.address=127.0.0.1",
                "--server.port=" + port,
                "--peer.upstream=http://127.0.0.1:" + upstreamPort);
        var child = stage.keep(Child.start(
                "spring-cloud-gateway",
                stage.directory("spring-cloud-gateway"),
                Map.of(),
                Java.jar(Java.FIXED_HEAP, jar, arguments)));
        return new Proxy(SPRING, port, List.of(), child);
    }

    private static void writeCost(Report report, List<Results> results, Call call) {
        report.section(
                "Forwarding",
                "OIP JSON, " + call.body().length + " bytes of body, " + Workload.TUMOUR.connections()
                        + " keep-alive connections, saturated. CPU is the proxy's alone, without its upstream's. The"
                        + " gateway checks a key, holds its limit, splits calls over two versions, counts and times"
                        + " them; the others forward.");
        report.loads(results);
        var gateway = Results.named(results, GATEWAY);
        report.verdict(Verdict.atMost(
                "CPU a forwarded request: gateway / bare Netty proxy",
                NETTY_MAX_RATIO,
                gateway.ratio(Results.named(results, NETTY), Load::cpuMicrosPerRequest),
                "x"));
        report.verdict(Verdict.atLeast(
                "CPU a forwarded request: Spring Cloud Gateway / gateway",
                SPRING_MIN_RATIO,
                Results.named(results, SPRING).ratio(gateway, Load::cpuMicrosPerRequest),
                "x"));
        report.line("");
        report.line("The gateway takes "
                + Report.ratio(gateway.ratio(Results.named(results, NGINX), Load::cpuMicrosPerRequest))
                + " times the CPU of nginx.");
    }

    /// Rounds of calls at a steady rate, each subject in turn.
    private static void writeDelay(Stage stage, Report report, List<Proxy> proxies, Call call)
            throws IOException, InterruptedException {
        int rounds = stage.isQuick() ? 2 : 7;
        double seconds = stage.isQuick() ? 2 : 5;
        var medians = new ArrayList<List<Double>>();
        var tails = new ArrayList<List<Double>>();
        var loads = new ArrayList<SteadyLoad>();
        long failed = 0;
        try {
            for (var proxy : proxies) {
                medians.add(new ArrayList<>());
                tails.add(new ArrayList<>());
                loads.add(
                        new SteadyLoad(() -> new Connection(proxy.port(), GatewayStand.path(), proxy.headers(), call)));
            }
            for (var load : loads) {
                load.run(CALLS_PER_SECOND, 1);
            }
            for (int round = 0; round < rounds; round++) {
                Stage.say("added latency: round " + (round + 1) + " of " + rounds);
                for (int i = 0; i < proxies.size(); i++) {
                    int at = (round + i) % proxies.size();
                    var seen = loads.get(at).run(CALLS_PER_SECOND, seconds);
                    failed += seen.failed();
                    medians.get(at).add(millis(seen.durationsNanos(), 50));
                    tails.get(at).add(millis(seen.durationsNanos(), 99));
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        } finally {
            for (var load : loads) {
                load.close();
            }
        }
        report.failed(failed);
        report.section(
                "Added latency",
                (int) CALLS_PER_SECOND + " calls a second that arrive at random, over 48 connections; milliseconds"
                        + " from when a call was due, medians over " + rounds + " rounds.");
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("", "p50", "p99", "added p50", "added p99"));
        for (int i = 0; i < proxies.size(); i++) {
            rows.add(List.of(
                    proxies.get(i).name(),
                    Report.ratio(Results.median(medians.get(i))),
                    Report.ratio(Results.median(tails.get(i))),
                    Report.ratio(added(medians, i)),
                    Report.ratio(added(tails, i))));
        }
        report.table(rows);
        int gateway = indexOf(proxies, GATEWAY);
        report.verdict(Verdict.atMost(
                "gateway: added latency at a steady rate, p50", ADDED_P50_MAX_MILLIS, added(medians, gateway), " ms"));
        report.verdict(Verdict.atMost(
                "gateway: added latency at a steady rate, p99", ADDED_P99_MAX_MILLIS, added(tails, gateway), " ms"));
    }

    private static int indexOf(List<Proxy> proxies, String name) {
        return proxies.stream().map(Proxy::name).toList().indexOf(name);
    }

    /// The median of what a proxy took more than the upstream alone in the same round.
    private static double added(List<List<Double>> values, int at) {
        var differences = new ArrayList<Double>();
        for (int round = 0; round < values.get(at).size(); round++) {
            differences.add(values.get(at).get(round) - values.getFirst().get(round));
        }
        return Results.median(differences);
    }

    private static double millis(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }
}
