package io.presage.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/// References that call ONNX Runtime in a process of their own. Orders come as lines `MILLIS ORDER...` on
/// standard input; each is answered with `items elapsedMicros p50Micros p99Micros`.
final class Direct {
    /// The side of the benchmark: writes the orders and measures the process.
    record Caller(Child child, BufferedReader answers) implements AutoCloseable {
        Load run(Duration duration, String order) throws IOException {
            child.requireAlive();
            long before = child.cpuMicros();
            child.process()
                    .outputWriter(StandardCharsets.UTF_8)
                    .append(duration.toMillis() + " " + order + "\n")
                    .flush();
            var line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException(child.name() + " ended");
            }
            long cpu = child.cpuMicros() - before;
            var fields = line.split(" ", -1);
            return new Load(
                    Long.parseLong(fields[0]),
                    0,
                    Long.parseLong(fields[1]),
                    Long.parseLong(fields[2]),
                    Long.parseLong(fields[3]),
                    cpu);
        }

        @Override
        public void close() {
            child.close();
        }
    }

    static Caller start(Stage stage, Class<?> main, List<String> arguments) throws IOException {
        var process = new ProcessBuilder(Java.main(main, arguments))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var child = new Child(main.getSimpleName(), process, Path.of("/dev/null"));
        return stage.keep(new Caller(child, process.inputReader(StandardCharsets.UTF_8)));
    }

    /// What a caller did until the time was up.
    record Done(long items, Histogram durationsNanos) {}

    interface Work {
        /// One caller's work for an order: `order[0]` is the time, the rest is the order's own.
        Done call(int number, String[] order, long untilNanos) throws Exception;

        /// Callers of an order.
        int callers(String[] order);
    }

    /// Answers orders until standard input ends.
    static void serve(ExecutorService executor, Work work) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (var line = input.readLine(); line != null; line = input.readLine()) {
            var order = line.split(" ", -1);
            var callers = new ArrayList<Callable<Done>>();
            long start = System.nanoTime();
            long until = start + Duration.ofMillis(Long.parseLong(order[0])).toNanos();
            for (int i = 0; i < work.callers(order); i++) {
                int number = i;
                callers.add(() -> work.call(number, order, until));
            }
            print(executor.invokeAll(callers), start);
        }
    }

    private static void print(List<Future<Done>> done, long start) throws InterruptedException, ExecutionException {
        var all = new Histogram(3);
        long items = 0;
        for (var each : done) {
            all.add(each.get().durationsNanos());
            items += each.get().items();
        }
        long elapsedMicros = (System.nanoTime() - start) / 1000;
        System.out.println(items + " " + elapsedMicros + " " + all.getValueAtPercentile(50) / 1000 + " "
                + all.getValueAtPercentile(99) / 1000);
    }

    private Direct() {}
}
