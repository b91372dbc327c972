package io.presage.api.replicas;

import static io.presage.api.replicas.TrafficSimulation.FAILS;
import static io.presage.api.replicas.TrafficSimulation.MILLI;
import static io.presage.api.replicas.TrafficSimulation.PROPERTIES;
import static io.presage.api.replicas.TrafficSimulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.presage.api.Golden;
import io.presage.api.forward.ForwardProperties;
import io.presage.api.forward.HedgePolicy;
import io.presage.api.forward.HedgingProperties;
import io.presage.api.forward.Retries;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/// Golden reports of overload, priorities, ejection and hedging. Every figure is of virtual time.
class TargetSimulationTest {
    /// Three workers of four lanes and 10 ms a call (exponential): 1,200 calls a second; a queue of 1,024 each.
    private static TrafficSimulation fleet(ReplicaProperties properties) {
        var simulation = new TrafficSimulation(properties);
        for (int i = 0; i < 3; i++) {
            simulation.worker(4, 1024, _ -> simulation.about(10));
        }
        return simulation;
    }

    private static String overload(ReplicaProperties properties) {
        var simulation = fleet(properties);
        var report =
                new StringBuilder("seconds  offered/s  goodput/s  of peak  refused/s  late/s  p50 ms  p99 ms  limit\n");
        int[] load = {960, 960, 3600, 3600, 3600, 3600, 3600, 3600, 960, 960};
        for (int i = 0; i < load.length; i++) {
            long until = (i + 1) * 5 * SECOND;
            simulation.load(load[i], until, it -> it.call(Priority.NORMAL, 250 * MILLI));
            simulation.runUntil(until);
            var tally = simulation.startTally();
            report.append("%3d..%2d  %9d  %9d  %6d%%  %9d  %6d  %6s  %6s  %5d%n"
                    .formatted(
                            i * 5,
                            i * 5 + 5,
                            tally.offered / 5,
                            tally.okNanos.size() / 5,
                            Math.round(tally.okNanos.size() / 5 / 12.0),
                            tally.refused / 5,
                            tally.late / 5,
                            tally.millis(0.5),
                            tally.millis(0.99),
                            simulation.target.permits()));
        }
        return report.toString();
    }

    /// Three times what the workers can do, for half a minute; calls have 250 ms.
    @Test
    void overload_of_3x() {
        Golden.check(
                "overload_of_3x",
                "adaptive limit\n" + overload(PROPERTIES) + "\nno limit but the workers' queues\n"
                        + overload(TrafficSimulation.properties(100_000, 100_000, 100_000)));
    }

    /// A third of each class, together three times the capacity.
    @Test
    void priorities_under_overload() {
        var simulation = fleet(PROPERTIES);
        var report = new StringBuilder("seconds  offered/s each  high ok/s  normal ok/s  low ok/s  p99 ms  limit\n");
        int[] load = {300, 1200, 1200, 1200, 300};
        for (int i = 0; i < load.length; i++) {
            long until = (i + 1) * 5 * SECOND;
            for (var priority : Priority.values()) {
                simulation.load(load[i], until, it -> it.call(priority, 250 * MILLI));
            }
            simulation.runUntil(until);
            var tally = simulation.startTally();
            report.append("%3d..%2d  %14d  %9d  %11d  %8d  %6s  %5d%n"
                    .formatted(
                            i * 5,
                            i * 5 + 5,
                            load[i],
                            tally.okOfClass[0] / 5,
                            tally.okOfClass[1] / 5,
                            tally.okOfClass[2] / 5,
                            tally.millis(0.99),
                            simulation.target.permits()));
        }
        Golden.check("priorities_under_overload", report.toString());
    }

    /// A flood of low, and some calls of high priority.
    @Test
    void flood_of_low() {
        var simulation = fleet(PROPERTIES);
        var report = new StringBuilder("seconds  low offered/s  low ok/s  high offered/s  high ok/s  p99 ms\n");
        for (int i = 0; i < 4; i++) {
            long until = (i + 1) * 5 * SECOND;
            simulation.load(i == 0 ? 300 : 3600, until, it -> it.call(Priority.LOW, 250 * MILLI));
            simulation.load(200, until, it -> it.call(Priority.HIGH, 250 * MILLI));
            simulation.runUntil(until);
            var tally = simulation.startTally();
            report.append("%3d..%2d  %13d  %8d  %14d  %9d  %6s%n"
                    .formatted(
                            i * 5,
                            i * 5 + 5,
                            i == 0 ? 300 : 3600,
                            tally.okOfClass[2] / 5,
                            200,
                            tally.okOfClass[0] / 5,
                            tally.millis(0.99)));
        }
        Golden.check("flood_of_low", report.toString());
    }

    /// 600 callers of a version of 0.1 ms, each with the next call ready: a saturated worker, but no overload.
    @Test
    void saturated_by_many_callers() {
        var simulation = new TrafficSimulation(PROPERTIES).worker(2, 4096, _ -> 0.1);
        for (int i = 0; i < 600; i++) {
            simulation.caller(Priority.NORMAL, 30 * SECOND);
        }
        var report = new StringBuilder("seconds  ok/s   refused/s  p50 ms  limit\n");
        for (int i = 0; i < 5; i++) {
            simulation.runUntil((i + 1) * SECOND);
            var tally = simulation.startTally();
            report.append("%3d..%2d  %6d  %9d  %6s  %5d%n"
                    .formatted(
                            i,
                            i + 1,
                            tally.okNanos.size(),
                            tally.refused,
                            tally.millis(0.5),
                            simulation.target.permits()));
        }
        Golden.check("saturated_by_many_callers", report.toString());
    }

    /// From second 10 every call takes three times as long: not a queue, a new floor. 20 calls are wanted at
    /// once.
    @Test
    void calls_that_become_longer() {
        var simulation = new TrafficSimulation(PROPERTIES);
        for (int i = 0; i < 2; i++) {
            simulation.worker(64, 1024, now -> now < 10 * SECOND ? 60 : 240);
        }
        var report = new StringBuilder("seconds  offered/s  ok/s  refused/s  p50 ms  limit\n");
        for (int i = 0; i < 8; i++) {
            long until = (i + 1) * 5 * SECOND;
            simulation.load(200, until, it -> it.call(Priority.NORMAL, 5 * SECOND));
            simulation.runUntil(until);
            var tally = simulation.startTally();
            report.append("%3d..%2d  %9d  %4d  %9d  %6s  %5d%n"
                    .formatted(
                            i * 5,
                            i * 5 + 5,
                            tally.offered / 5,
                            tally.okNanos.size() / 5,
                            tally.refused / 5,
                            tally.millis(0.5),
                            simulation.target.permits()));
        }
        Golden.check("calls_that_become_longer", report.toString());
    }

    private static String ejection(TrafficSimulation simulation, int seconds) {
        var report = new StringBuilder("second  ok    failed  late  p50 ms  p99 ms  ejected\n");
        for (int i = 0; i < seconds; i++) {
            long until = (i + 1) * SECOND;
            simulation.load(600, until, it -> it.call(Priority.NORMAL, 2 * SECOND));
            simulation.runUntil(until);
            var tally = simulation.startTally();
            report.append("%6d  %4d  %6d  %4d  %6s  %6s  %7d%n"
                    .formatted(
                            i,
                            tally.okNanos.size(),
                            tally.failed,
                            tally.late,
                            tally.millis(0.5),
                            tally.millis(0.99),
                            simulation.target.ejected()));
        }
        return report.toString();
    }

    /// One of three is twenty times slower from second 3 to 12.
    @Test
    void slow_replica() {
        var simulation = new TrafficSimulation(PROPERTIES);
        simulation.worker(8, 1024, _ -> simulation.about(10));
        simulation.worker(8, 1024, _ -> simulation.about(10));
        simulation.worker(8, 1024, now -> simulation.about(now >= 3 * SECOND && now < 12 * SECOND ? 200 : 10));
        Golden.check("slow_replica", ejection(simulation, 20));
    }

    /// One of three fails a third of its calls, too seldom in a row for its circuit.
    @Test
    void replica_that_fails_a_third() {
        var simulation = new TrafficSimulation(PROPERTIES);
        simulation.worker(8, 1024, _ -> simulation.about(10));
        simulation.worker(8, 1024, _ -> simulation.about(10));
        simulation.worker(8, 1024, now -> {
            boolean fails = now >= 3 * SECOND && now < 20 * SECOND && simulation.random.nextInt(3) == 0;
            return fails ? FAILS : simulation.about(10);
        });
        Golden.check("replica_that_fails_a_third", ejection(simulation, 26));
    }

    /// Every replica fails from second 3 to 6: no more than half are ever left alone.
    @Test
    void all_replicas_fail() {
        var simulation = new TrafficSimulation(PROPERTIES);
        for (int i = 0; i < 4; i++) {
            simulation.worker(8, 1024, now -> now >= 3 * SECOND && now < 6 * SECOND ? FAILS : simulation.about(10));
        }
        Golden.check("all_replicas_fail", ejection(simulation, 12));
    }

    /// Two replicas; one call in fifty takes 20 times as long. With hedging, a second attempt after the p95,
    /// paid from the retry budget.
    @Test
    void hedging() {
        var report = new StringBuilder("hedging  ok/s  p50 ms  p95 ms  p99 ms  p99.9 ms  hedged\n");
        for (boolean enabled : new boolean[] {false, true}) {
            var simulation = new TrafficSimulation(PROPERTIES);
            for (int i = 0; i < 3; i++) {
                simulation.worker(
                        16, 1024, _ -> simulation.about(5) + 5 + (simulation.random.nextInt(50) == 0 ? 200 : 0));
            }
            var properties = new HedgingProperties(enabled, 95, Duration.ofMillis(5));
            var retries = new Retries(
                    new Binder(new MapConfigurationPropertySource())
                            .bindOrCreate("gateway.forward", ForwardProperties.class),
                    simulation::now);
            simulation.load(400, 20 * SECOND, it -> hedged(it, properties, retries));
            simulation.runUntil(20 * SECOND);
            var tally = simulation.startTally();
            report.append("%7s  %4d  %6s  %6s  %6s  %8s  %5.1f%%%n"
                    .formatted(
                            enabled ? "on" : "off",
                            tally.okNanos.size() / 20,
                            tally.millis(0.5),
                            tally.millis(0.95),
                            tally.millis(0.99),
                            tally.millis(0.999),
                            100.0 * tally.hedged / tally.offered));
        }
        Golden.check("hedging", report.toString());
    }

    private static void hedged(TrafficSimulation it, HedgingProperties properties, Retries retries) {
        retries.called();
        it.tally.offered++;
        if (!it.target.tryAcquire(Priority.NORMAL)) {
            it.tally.refused++;
            return;
        }
        var call = it.new Call(it.target, Priority.NORMAL, it.now() + 2 * SECOND, _ -> {});
        call.attempt();
        long delay = HedgePolicy.delayNanos(properties, 3, it.target.quantileNanos(0.95), 2 * SECOND);
        if (delay != HedgePolicy.NEVER) {
            it.after(delay, () -> {
                if (!call.isOver() && retries.tryRetry() && call.attempt()) {
                    it.tally.hedged++;
                }
            });
        }
    }

    @Test
    void fixedLimit_staysWhereItIs() {
        var simulation = fleet(TrafficSimulation.properties(7, 7, 7));
        simulation.load(3600, 5 * SECOND, it -> it.call(Priority.NORMAL, 250 * MILLI));
        simulation.runUntil(5 * SECOND);
        assertThat(simulation.target.permits()).isEqualTo(7);
        assertThat(simulation.target.inFlight()).isLessThanOrEqualTo(7);
    }
}
