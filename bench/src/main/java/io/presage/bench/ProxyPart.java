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
    private static final double WINDOW_SECONDS = 1;

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

    /// What a subject took at a steady rate, in the seconds in which the machine was there for it.
    private static final class Delay {
        private final Proxy proxy;
        private final SteadyLoad load;
        private final Histogram durationsNanos = new Histogram(3);
        private int windows;
        private int calmWindows;
        private long failed;

        Delay(Proxy proxy, Call call) throws IOException {
            this.proxy = proxy;
            this.load = new SteadyLoad(() -> new Connection(proxy.port(), GatewayStand.path(), proxy.headers(), call));
        }

        void window() throws IOException, InterruptedException {
            long stolen = Machine.stolenTicks();
            var seen = load.run(CALLS_PER_SECOND, WINDOW_SECONDS);
            failed += seen.failed();
            windows++;
            if (Machine.stolenTicks() == stolen) {
                calmWindows++;
                durationsNanos.add(seen.durationsNanos());
            }
        }

        double millis(double percentile) {
            return durationsNanos.getValueAtPercentile(percentile) / 1e6;
        }

        List<String> row(Delay upstream) {
            return List.of(
                    proxy.name(),
                    calmWindows + " of " + windows,
                    Report.ratio(millis(50)),
                    Report.ratio(millis(99)),
                    Report.ratio(millis(50) - upstream.millis(50)),
                    Report.ratio(millis(99) - upstream.millis(99)));
        }
    }

    /// Calls at a steady rate, each subject in turn for a second. Where the hypervisor took the processor away
    /// meanwhile, the second says nothing about the subject and is measured again, for some minutes.
    private static void writeDelay(Stage stage, Report report, List<Proxy> proxies, Call call)
            throws IOException, InterruptedException {
        int wanted = stage.isQuick() ? 3 : 20;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(stage.isQuick() ? 30 : 300);
        var delays = new ArrayList<Delay>();
        try {
            for (var proxy : proxies) {
                delays.add(new Delay(proxy, call));
            }
            for (var delay : delays) {
                delay.load.run(CALLS_PER_SECOND, WINDOW_SECONDS);
            }
            while (delays.stream().anyMatch(delay -> delay.calmWindows < wanted) && System.nanoTime() < end) {
                for (var delay : delays) {
                    if (delay.calmWindows < wanted) {
                        delay.window();
                    }
                }
            }
        } finally {
            for (var delay : delays) {
                delay.load.close();
            }
        }
        report.failed(delays.stream().mapToLong(delay -> delay.failed).sum());
        report.section(
                "Added latency",
                (int) CALLS_PER_SECOND + " calls a second that arrive at random, over 48 connections; milliseconds"
                        + " from when a call was due, of all calls in seconds in which the hypervisor took nothing of"
                        + " the processor away.");
        var upstream = delays.getFirst();
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("", "calm seconds", "p50", "p99", "added p50", "added p99"));
        delays.forEach(delay -> rows.add(delay.row(upstream)));
        report.table(rows);
        var gateway = delays.stream()
                .filter(delay -> delay.proxy.name().equals(GATEWAY))
                .findFirst()
                .orElseThrow();
        var p50 = "gateway: added latency at a steady rate, p50";
        var p99 = "gateway: added latency at a steady rate, p99";
        int calm = Math.min(upstream.calmWindows, gateway.calmWindows);
        if (calm < wanted / 2) {
            var why = "only " + calm + " calm seconds";
            report.verdict(Verdict.missing(p50, "at most " + ADDED_P50_MAX_MILLIS + " ms", why));
            report.verdict(Verdict.missing(p99, "at most " + ADDED_P99_MAX_MILLIS + " ms", why));
            return;
        }
        report.verdict(Verdict.atMost(p50, ADDED_P50_MAX_MILLIS, gateway.millis(50) - upstream.millis(50), " ms"));
        report.verdict(Verdict.atMost(p99, ADDED_P99_MAX_MILLIS, gateway.millis(99) - upstream.millis(99), " ms"));
    }
}
