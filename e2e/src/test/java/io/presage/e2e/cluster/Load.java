package io.presage.e2e.cluster;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/// Callers that predict without a pause until they are stopped. Every failed call is kept with its reason.
///
/// Each caller is one virtual thread with one call in flight; `answers` counts by version. Bounded: at most
/// [#CALLS_MAX] calls for each caller.
public final class Load implements AutoCloseable {
    private static final int CALLS_MAX = 500_000;

    private final Map<Integer, LongAdder> answers = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> callers = new ArrayList<>();
    private volatile boolean stopped;

    /// Whom they call.
    @FunctionalInterface
    public interface Service {
        Answer predict(String model) throws IOException, InterruptedException;
    }

    /// Starts `callers` of them.
    ///
    /// @param increments version -> what that version adds, so that an answer by the wrong version is a failure
    public static Load start(Client client, String model, int callers, Map<Integer, Float> increments) {
        return start((Service) name -> client.predict(name, Map.of()), model, callers, increments);
    }

    /// As above.
    public static Load start(Service service, String model, int callers, Map<Integer, Float> increments) {
        var load = new Load();
        for (int i = 0; i < callers; i++) {
            load.callers.add(Thread.ofVirtual().name("caller-" + i).start(() -> load.call(service, model, increments)));
        }
        return load;
    }

    /// Answers of `version` so far.
    public long answers(int version) {
        var count = answers.get(version);
        return count == null ? 0 : count.sum();
    }

    /// Answers of all versions so far.
    public long answers() {
        return answers.values().stream().mapToLong(LongAdder::sum).sum();
    }

    /// Returns once another `count` calls have been answered.
    public void goOn(int count) throws Exception {
        long wanted = answers() + count;
        Eventually.holds(count + " more answers", Duration.ofSeconds(60), () -> answers() >= wanted);
    }

    /// What went wrong, call by call.
    public List<String> failures() {
        return List.copyOf(failures);
    }

    @Override
    public void close() {
        stopped = true;
        try {
            for (var caller : callers) {
                caller.join();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void call(Service service, String model, Map<Integer, Float> increments) {
        for (int i = 0; i < CALLS_MAX && !stopped; i++) {
            try {
                var answer = service.predict(model);
                var increment = increments.get(answer.version());
                if (answer.status() != 200) {
                    failures.add(answer.status() + " " + answer.body());
                } else if (increment == null || Math.abs(answer.number() - 1 - increment) > 1e-5) {
                    failures.add("version " + answer.version() + " answered " + answer.body());
                } else {
                    answers.computeIfAbsent(answer.version(), _ -> new LongAdder())
                            .increment();
                }
            } catch (IOException e) {
                failures.add(e.toString());
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
