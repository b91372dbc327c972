package io.presage.api.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.presage.api.Golden;
import io.presage.contract.state.RoutingTable;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReplicaChoiceTest {
    private static final ReplicaProperties PROPERTIES = TrafficSimulation.PROPERTIES;

    private static final class ManualClock extends Clock {
        private long millis;

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(millis);
        }

        @Override
        public ZoneId getZone() {
            return ZoneId.of("UTC");
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private static Replica replica(String id, int inFlightMax, Clock clock) {
        var config = Replicas.circuits(PROPERTIES)
                .clock(clock)
                .currentTimestampFunction(Clock::millis, TimeUnit.MILLISECONDS)
                .build();
        return new Replica(id, "h", 1, inFlightMax, CircuitBreaker.of(id, config));
    }

    @Test
    void lessBusyOfTwo_isPicked() {
        var clock = new ManualClock();
        var busy = replica("busy", 10, clock);
        var idle = replica("idle", 10, clock);
        assertThat(busy.tryAcquire()).isTrue();
        for (int seed = 0; seed < 20; seed++) {
            var picked = Replicas.pick(List.of(busy, idle), List.of(), new SplittableRandom(seed));
            assertThat(picked).isEqualTo(new Pick.Picked(idle));
            idle.released(0);
        }
    }

    @Test
    void unusableReplicaIsNotPicked() {
        var clock = new ManualClock();
        var full = replica("full", 1, clock);
        assertThat(full.tryAcquire()).isTrue();
        var broken = replica("broken", 10, clock);
        for (int i = 0; i < 5; i++) {
            assertThat(broken.tryAcquire()).isTrue();
            broken.failed(1, new IllegalStateException());
        }
        var random = new SplittableRandom(1);
        assertThat(Replicas.pick(List.of(), List.of(), random)).isEqualTo(new Pick.NoneReady());
        assertThat(Replicas.pick(List.of(full), List.of(full), random)).isEqualTo(new Pick.NoneReady());
        assertThat(Replicas.pick(List.of(full, broken), List.of(), random)).isEqualTo(new Pick.AllBusy());
        assertThat(Replicas.pick(List.of(broken), List.of(), random)).isEqualTo(new Pick.AllBroken());
        var good = replica("good", 10, clock);
        for (int seed = 0; seed < 20; seed++) {
            assertThat(Replicas.pick(List.of(full, good, broken), List.of(), new SplittableRandom(seed)))
                    .isEqualTo(new Pick.Picked(good));
            good.released(0);
        }
        assertThat(full.inFlight()).isEqualTo(1);
        assertThat(broken.inFlight()).isZero();
    }

    @Test
    void stateSurvivesAnUpdate_unlessTheAddressChanges() {
        var meters = new SimpleMeterRegistry();
        var replicas = new Replicas(PROPERTIES, meters);
        var first =
                replicas.update(List.of(new RoutingTable.Worker("a", "h", 1), new RoutingTable.Worker("b", "h", 2)));
        var second =
                replicas.update(List.of(new RoutingTable.Worker("a", "h", 1), new RoutingTable.Worker("b", "h", 3)));
        assertThat(second.get("a")).isSameAs(first.get("a"));
        assertThat(second.get("b")).isNotSameAs(first.get("b"));
        replicas.update(List.of());
        assertThat(meters.getMeters()).isEmpty();
    }

    /// Three replicas answer in 10 ms; one of them fails at once from second 2 to 6. A replica that fails fast
    /// looks idle, and least in flight alone would send it everything.
    @Test
    void black_hole_replica() {
        record Running(Replica replica, long endMillis) {}
        var clock = new ManualClock();
        var hole = replica("c", 1024, clock);
        var all = List.of(replica("a", 1024, clock), replica("b", 1024, clock), hole);
        var random = new SplittableRandom(42);
        var running = new ArrayDeque<Running>();
        var report = new StringBuilder("second     a     b     c  failed\n");
        for (int second = 0; second < 9; second++) {
            int failed = 0;
            var counts = new int[3];
            for (int milli = 0; milli < 1000; milli++) {
                clock.millis = second * 1000L + milli;
                while (!running.isEmpty() && running.peek().endMillis() <= clock.millis) {
                    running.remove().replica().answered(Hold.Answer.RUN, TimeUnit.MILLISECONDS.toNanos(10));
                }
                if (Replicas.pick(all, List.of(), random) instanceof Pick.Picked(var picked)) {
                    counts[all.indexOf(picked)]++;
                    if (picked == hole && second >= 2 && second < 6) {
                        picked.failed(1, new IllegalStateException("hole"));
                        failed++;
                    } else {
                        running.add(new Running(picked, clock.millis + 10));
                    }
                }
            }
            report.append("%6d  %4d  %4d  %4d  %6d%n".formatted(second, counts[0], counts[1], counts[2], failed));
        }
        assertThat(new ArrayList<>(running)).hasSizeLessThan(20);
        Golden.check("black_hole_replica", report.toString());
    }
}
