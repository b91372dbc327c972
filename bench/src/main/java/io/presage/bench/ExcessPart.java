package io.presage.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/// Three times more calls than the workers can take: what is still answered, and how soon the others are told. The
/// worker's capacity is time, not CPU, so that gateway and callers have the machine's.
final class ExcessPart implements Part {
    private static final int LANES = 8;
    private static final int RUN_MILLIS = 20;
    private static final int WAITING_MAX = 64;
    private static final int EXCESS = 3;
    private static final long TIMEOUT_MILLIS = 1000;
    private static final double GOODPUT_MIN = 0.9;
    private static final double REFUSED_MAX_MILLIS = 10;
    private static final long SEED = 7;

    /// @param others by status; 0 for calls that broke
    private record Seen(Histogram answered, Histogram refused, Map<Integer, Long> others, double seconds) {
        double goodput() {
            return answered.getTotalCount() / seconds;
        }
    }

    @Override
    public String name() {
        return "excess";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        int mark = stage.mark();
        int upstreamPort = Child.freePort();
        ProxyPart.upstream(stage, upstreamPort, RUN_MILLIS, LANES, WAITING_MAX);
        var gateway = GatewayStand.start(stage, upstreamPort, Java.FIXED_HEAP);
        var call = Call.json(Workload.TUMOUR.body());
        Stage.await("the gateway answers", () -> {
            try (var connection = open(gateway, call)) {
                return connection.call() == 200;
            } catch (IOException _) {
                return false;
            }
        });
        double capacity = LANES * 1000.0 / RUN_MILLIS;
        var idle = new ConcurrentLinkedQueue<Connection>();
        // Warm, and with as many connections as it takes.
        load(gateway, call, idle, capacity, stage.seconds(3, 15).toSeconds());
        load(gateway, call, idle, capacity * EXCESS, stage.seconds(5, 15).toSeconds());
        var rows = new ArrayList<List<String>>();
        rows.add(List.of(
                "calls a second", "answered a second", "p50 ms", "p99 ms", "refused", "p50 ms", "p99 ms", "else"));
        double peak = 0;
        for (double share : new double[] {0.8, 0.9, 1, 1.1}) {
            var seen = load(
                    gateway, call, idle, capacity * share, stage.seconds(3, 10).toSeconds());
            rows.add(row(capacity * share, seen));
            peak = Math.max(peak, seen.goodput());
        }
        var excess = load(
                gateway, call, idle, capacity * EXCESS, stage.seconds(5, 20).toSeconds());
        rows.add(row(capacity * EXCESS, excess));
        var after =
                load(gateway, call, idle, capacity * 0.8, stage.seconds(3, 10).toSeconds());
        rows.add(row(capacity * 0.8, after));
        for (var connection : idle) {
            connection.close();
        }
        report.section(
                "Excess",
                "A worker of " + LANES + " lanes of " + RUN_MILLIS + " ms and a queue of " + WAITING_MAX
                        + " calls: at most " + (int) capacity
                        + " calls a second. Calls arrive at random, each with a deadline of "
                        + TIMEOUT_MILLIS + " ms; the last line is after the excess.");
        report.table(rows);
        report.verdict(Verdict.atLeast(
                "gateway: goodput at " + EXCESS + " times the capacity, of the peak",
                GOODPUT_MIN,
                excess.goodput() / peak,
                ""));
        report.verdict(Verdict.atMost(
                "gateway: p99 of a refusal at " + EXCESS + " times the capacity",
                REFUSED_MAX_MILLIS,
                millis(excess.refused(), 99),
                " ms"));
        report.failed(excess.others().values().stream().mapToLong(each -> each).sum());
        stage.release(mark);
    }

    private static Connection open(GatewayStand gateway, Call call) throws IOException {
        var headers = new ArrayList<>(GatewayStand.headers());
        headers.add("Presage-Timeout-Ms: " + TIMEOUT_MILLIS);
        return new Connection(gateway.port(), GatewayStand.path(), headers, call);
    }

    /// Each call on a connection that has none, and sent when it is due, whatever became of those before.
    private static Seen load(
            GatewayStand gateway, Call call, Queue<Connection> idle, double callsPerSecond, double seconds)
            throws InterruptedException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        int count = (int) (callsPerSecond * seconds);
        var answered = new ConcurrentHistogram(3);
        var refused = new ConcurrentHistogram(3);
        var others = new TreeMap<Integer, LongAdder>();
        var left = new CountDownLatch(count);
        long start = System.nanoTime();
        double due = start;
        for (int i = 0; i < count; i++) {
            due += random.nextExponential() / callsPerSecond * 1e9;
            for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
                LockSupport.parkNanos((long) due - now);
            }
            var _ = Thread.startVirtualThread(() -> {
                long sent = System.nanoTime();
                int status = call(gateway, call, idle);
                long took = System.nanoTime() - sent;
                switch (status) {
                    case 200 -> answered.recordValue(took);
                    case 429, 503 -> refused.recordValue(took);
                    default -> {
                        synchronized (others) {
                            others.computeIfAbsent(status, _ -> new LongAdder()).increment();
                        }
                    }
                }
                left.countDown();
            });
        }
        double elapsed = (System.nanoTime() - start) / 1e9;
        if (!left.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException(left.getCount() + " calls have no answer");
        }
        var counted = new TreeMap<Integer, Long>();
        others.forEach((status, number) -> counted.put(status, number.sum()));
        return new Seen(answered, refused, counted, elapsed);
    }

    /// 0 when it broke.
    private static int call(GatewayStand gateway, Call call, Queue<Connection> idle) {
        try {
            var free = idle.poll();
            var connection = free == null ? open(gateway, call) : free;
            int status = connection.call();
            idle.add(connection);
            return status;
        } catch (IOException _) {
            return 0;
        }
    }

    private static List<String> row(double callsPerSecond, Seen seen) {
        return List.of(
                Integer.toString((int) callsPerSecond),
                Report.tenths(seen.goodput()),
                Report.tenths(millis(seen.answered(), 50)),
                Report.tenths(millis(seen.answered(), 99)),
                Long.toString(seen.refused().getTotalCount()),
                Report.tenths(millis(seen.refused(), 50)),
                Report.tenths(millis(seen.refused(), 99)),
                seen.others().toString());
    }

    private static double millis(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / 1e6;
    }
}
