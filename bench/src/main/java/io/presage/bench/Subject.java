package io.presage.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Something to be measured: the same model behind one way of reaching it.
sealed interface Subject {
    /// As the report calls it.
    String name();

    /// Waits until it answers.
    void awaitReady() throws InterruptedException;

    /// Loads it with as much as it takes for `duration`.
    Load run(Duration duration) throws IOException, InterruptedException;

    /// Answers HTTP; wrk asks.
    ///
    /// @param measured the processes whose CPU counts
    /// @param pauseMillis before each request of a connection
    record Http(String name, Wrk.Target target, int connections, int pauseMillis, List<Child> measured)
            implements Subject {
        @Override
        public void awaitReady() throws InterruptedException {
            long until = System.nanoTime() + Duration.ofMinutes(1).toNanos();
            while (!target.answers()) {
                measured.forEach(Child::requireAlive);
                if (System.nanoTime() > until) {
                    throw new IllegalStateException(name + " does not answer 200 at " + target.url());
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }

        @Override
        public Load run(Duration duration) throws IOException, InterruptedException {
            measured.forEach(Child::requireAlive);
            long before = cpuMicros();
            var load = Wrk.run(target, connections, pauseMillis, duration);
            long cpu = cpuMicros() - before;
            return new Load(
                    load.requests(), load.failed(), load.elapsedMicros(), load.p50Micros(), load.p99Micros(), cpu);
        }

        private long cpuMicros() {
            return measured.stream().mapToLong(Child::cpuMicros).sum();
        }
    }

    /// A process of our own that calls ONNX Runtime: see [Direct.Caller].
    ///
    /// @param order what is asked of it beside the time: see its main class
    record InOwnProcess(String name, Direct.Caller caller, String order) implements Subject {
        /// It takes its first order when it is ready.
        @Override
        public void awaitReady() {}

        @Override
        public Load run(Duration duration) throws IOException {
            return caller.run(duration, order);
        }
    }

    static Http http(String name, Wrk.Target target, int connections, Child... measured) {
        return new Http(name, target, connections, 0, List.of(measured));
    }
}
