package io.presage.worker.infer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.presage.contract.problem.Problem;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/// Counts the calls that were refused or dropped because of load, by reason. Any thread.
final class Shed {
    private final Map<Problem, Counter> counters = new EnumMap<>(Problem.class);

    Shed(MeterRegistry registry) {
        for (var problem :
                new Problem[] {Problem.QUEUE_FULL, Problem.OVERLOADED, Problem.SHUTTING_DOWN, Problem.DEADLINE_EXCEEDED
                }) {
            counters.put(
                    problem,
                    Counter.builder("presage.shed")
                            .description("Calls refused or dropped unrun because of load")
                            .tag("reason", problem.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    void count(Problem problem) {
        var counter = counters.get(problem);
        if (counter != null) {
            counter.increment();
        }
    }
}
