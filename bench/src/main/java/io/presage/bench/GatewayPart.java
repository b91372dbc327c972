package io.presage.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// What a gateway takes that nobody calls, what an open connection adds, and what a thousand large bodies at once
/// do to it. With the image's flags in a container of 1 GiB, the chart's limit.
final class GatewayPart implements Part {
    private static final double IDLE_MAX_MB = 150;
    private static final double CONNECTION_MAX_KB = 20;
    private static final int BODIES = 1000;
    private static final int BODY_BYTES = 4 << 20;
    private static final int UPSTREAM_MILLIS = 200;
    private static final double CONTAINER_MB = 1024 * 1.048576;

    /// The image's, in such a container.
    private static final List<String> FLAGS = List.of(
            "-Xmx512m",
            "-Xms16m",
            "-XX:MinHeapFreeRatio=10",
            "-XX:MaxHeapFreeRatio=30",
            "-XX:G1PeriodicGCInterval=30000",
            "-XX:TrimNativeHeapInterval=1000");

    @Override
    public String name() {
        return "gateway";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        int mark = stage.mark();
        int upstreamPort = Child.freePort();
        ProxyPart.upstream(stage, upstreamPort, UPSTREAM_MILLIS);
        var gateway = GatewayStand.start(stage, upstreamPort, FLAGS);
        var small = Call.json(Workload.TUMOUR.body());
        Stage.await("the gateway answers", () -> status(gateway, small) == 200);
        report.section(
                "Gateway",
                "Resident memory with the image's flags in a container of 1 GiB (a heap of at most 512 MB).");
        var started = Resident.of(gateway.child());
        TimeUnit.SECONDS.sleep(2);
        var idle = Resident.collected(gateway.child());
        int connections = stage.isQuick() ? 2000 : 10_000;
        double perConnection = connections(gateway, idle, connections);
        var outcomes = bodies(gateway, stage.isQuick() ? BODIES / 10 : BODIES);
        double peak = Resident.peakMegabytes(gateway.child());
        var after = status(gateway, small);
        report.table(List.of(
                List.of("", "resident MB"),
                List.of("just started", Report.tenths(started.megabytes())),
                List.of("idle, collected", Report.tenths(idle.megabytes())),
                List.of(
                        connections + " open connections, an answer had on each, collected",
                        Report.tenths(idle.megabytes() + perConnection * connections / 1e3)),
                List.of("highest, with " + BODIES + " bodies of 4 MiB sent at once", Report.tenths(peak))));
        report.line("");
        report.line("Answers to the bodies: " + outcomes + "; to a small call afterwards: " + after + ".");
        report.verdict(Verdict.atMost("gateway, idle: resident", IDLE_MAX_MB, idle.megabytes(), " MB"));
        report.verdict(
                Verdict.atMost("gateway: memory of an open idle connection", CONNECTION_MAX_KB, perConnection, " kB"));
        report.verdict(Verdict.atMost(
                "gateway: highest resident memory with " + BODIES + " bodies of 4 MiB at once (a container of 1 GiB)",
                CONTAINER_MB,
                peak,
                " MB"));
        report.failed(outcomes.entrySet().stream()
                .filter(each -> !List.of("200", "503").contains(each.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum());
        stage.release(mark);
    }

    private static int status(GatewayStand gateway, Call call) {
        try (var connection = open(gateway, call)) {
            return connection.call();
        } catch (IOException _) {
            return 0;
        }
    }

    private static Connection open(GatewayStand gateway, Call call) throws IOException {
        return new Connection(gateway.port(), GatewayStand.path(), GatewayStand.headers(), call);
    }

    /// Kilobytes of each.
    private static double connections(GatewayStand gateway, Resident before, int count)
            throws IOException, InterruptedException {
        Stage.say("opening " + count + " connections");
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.port());
        var request = "GET /v2/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".getBytes(ISO_8859_1);
        var open = new ArrayList<SocketChannel>();
        try {
            var answer = ByteBuffer.allocate(4096);
            for (int i = 0; i < count; i++) {
                var channel = SocketChannel.open(address);
                open.add(channel);
                channel.write(ByteBuffer.wrap(request));
                answer.clear();
                if (channel.read(answer) < 0) {
                    throw new IOException("connection " + i + " was closed");
                }
            }
            var with = Resident.collected(gateway.child());
            return (with.megabytes() - before.megabytes()) * 1e3 / count;
        } finally {
            for (var channel : open) {
                channel.close();
            }
        }
    }

    /// How many of them ended in what: a status, or what broke.
    private static Map<String, Long> bodies(GatewayStand gateway, int count) throws IOException, InterruptedException {
        Stage.say("sending " + count + " bodies at once");
        var callers = new ArrayList<Callable<String>>();
        var body = new byte[BODY_BYTES];
        for (int i = 0; i < count; i++) {
            callers.add(() -> send(gateway, body));
        }
        var outcomes = new TreeMap<String, Long>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var each : executor.invokeAll(callers)) {
                outcomes.merge(each.get(), 1L, Long::sum);
            }
        } catch (ExecutionException e) {
            throw new IOException("a caller broke: " + e.getCause(), e);
        }
        return outcomes;
    }

    /// A refusal may come while the body is still being sent: then the rest is not wanted.
    private static String send(GatewayStand gateway, byte[] body) {
        var head = new StringBuilder("POST " + GatewayStand.path() + " HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        GatewayStand.headers().forEach(header -> head.append(header).append("\r\n"));
        head.append("Content-Type: application/octet-stream\r\nContent-Length: " + body.length + "\r\n\r\n");
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
            socket.setSoTimeout(30_000);
            var refused = false;
            try {
                socket.getOutputStream().write(head.toString().getBytes(ISO_8859_1));
                socket.getOutputStream().write(body);
            } catch (IOException _) {
                refused = true;
            }
            var start = new String(socket.getInputStream().readNBytes(12), ISO_8859_1);
            return start.length() == 12 ? start.substring(9) : refused ? "broken off" : "no answer";
        } catch (IOException e) {
            return e.getClass().getSimpleName();
        }
    }
}
