package io.presage.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.HdrHistogram.Histogram;

/// Calls at a given rate, arriving at random as those of many independent callers do (the same arrivals each
/// time). A call that finds all connections busy is counted from when it should have been sent. One thread uses
/// it; connections have threads of their own.
final class SteadyLoad implements AutoCloseable {
    private static final int CONNECTIONS = 48;
    private static final long SEED = 7;

    private final ExecutorService executor = Executors.newFixedThreadPool(CONNECTIONS);
    private final List<Connection> connections = new ArrayList<>();

    /// @param durationsNanos of answers with 200
    record Seen(Histogram durationsNanos, long failed) {}

    interface Opener {
        Connection open() throws IOException;
    }

    SteadyLoad(Opener opener) throws IOException {
        for (int i = 0; i < CONNECTIONS; i++) {
            connections.add(opener.open());
        }
    }

    Seen run(double callsPerSecond, double seconds) throws IOException, InterruptedException {
        var arrivals = arrivals(callsPerSecond, seconds);
        var next = new AtomicLong();
        long start = System.nanoTime() + 1_000_000;
        var callers = new ArrayList<Callable<Seen>>();
        for (var connection : connections) {
            callers.add(() -> caller(connection, arrivals, next, start));
        }
        var all = new Histogram(3);
        long failed = 0;
        try {
            for (var each : executor.invokeAll(callers)) {
                all.add(each.get().durationsNanos());
                failed += each.get().failed();
            }
        } catch (ExecutionException e) {
            throw new IOException("a caller broke: " + e.getCause(), e);
        }
        return new Seen(all, failed);
    }

    /// Nanoseconds after the start.
    private static long[] arrivals(double callsPerSecond, double seconds) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        var arrivals = new long[(int) (callsPerSecond * seconds)];
        double at = 0;
        for (int i = 0; i < arrivals.length; i++) {
            at += random.nextExponential() / callsPerSecond;
            arrivals[i] = (long) (at * 1e9);
        }
        return arrivals;
    }

    private static Seen caller(Connection connection, long[] arrivals, AtomicLong next, long startNanos)
            throws IOException {
        var durations = new Histogram(3);
        long failed = 0;
        for (int i = (int) next.getAndIncrement(); i < arrivals.length; i = (int) next.getAndIncrement()) {
            long due = startNanos + arrivals[i];
            long now = System.nanoTime();
            var isLate = now > due;
            while (now < due) {
                LockSupport.parkNanos(due - now);
                now = System.nanoTime();
            }
            int status = connection.call();
            long end = System.nanoTime();
            if (status == 200) {
                durations.recordValue(end - (isLate ? due : now));
            } else {
                failed++;
            }
        }
        return new Seen(durations, failed);
    }

    @Override
    public void close() throws IOException {
        executor.shutdown();
        for (var connection : connections) {
            connection.close();
        }
    }
}
