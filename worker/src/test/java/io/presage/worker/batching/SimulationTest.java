package io.presage.worker.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.worker.batching.SimulatedVersion.Call;
import io.presage.worker.batching.SimulatedVersion.Setup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/// Batching under load as golden text: a change of the policy shows its numbers in the diff of the report. To
/// write the reports anew, run with `-Dgolden.write=true` and read the diff.
class SimulationTest {
    private static final Path GOLDEN = Path.of("src/test/resources/batching");
    private static final IntSupplier NO_LENGTH = () -> 0;

    /// As measured of MiniLM on one core: 16 tokens take 6.1 ms alone and 4.2 in batches of 8.
    private static final double TOKEN_MICROS = 242.5;

    private static final double TEXT_RUN_MICROS = 2240;

    private static void assertGolden(String scenario, String actual) throws IOException {
        var file = GOLDEN.resolve(scenario + ".txt");
        if (Boolean.getBoolean("golden.write")) {
            Files.createDirectories(GOLDEN);
            Files.writeString(file, actual);
        }
        assertThat(actual).isEqualTo(Files.readString(file, StandardCharsets.UTF_8));
    }

    private static BatchLimits limits(int rowsMax, int queueRowsMax, long windowMicros) {
        return new BatchLimits(
                rowsMax, 16_384, 64 << 20, queueRowsMax, 64 << 20, windowMicros < 0 ? -1 : windowMicros * 1000);
    }

    private static BatchLimits standard() {
        return limits(32, 256, -1);
    }

    /// Short texts are as usual as long ones: evenly spread over the logarithm of the length.
    private static IntSupplier lengths4To256() {
        var random = new Random(7);
        return () -> (int) Math.round(4 * StrictMath.pow(64, random.nextDouble()));
    }

    @Test
    void lone_requests() throws IOException {
        var simulation = new Simulation(4, true);
        new SimulatedVersion(simulation, Setup.of(limits(8, 64, 0), 1, 100, 1000))
                .listingCalls()
                .arrive(0, Call.ONE)
                .arrive(5000, Call.ONE)
                .arrive(10_000, Call.ONE.withRows(2));
        assertGolden("lone_requests", simulation.run());
    }

    @Test
    void burst_of_10x() throws IOException {
        var simulation = new Simulation(4, true);
        var version = new SimulatedVersion(simulation, Setup.of(limits(8, 16, 0), 1, 100, 1000)).listingCalls();
        for (int i = 0; i < 40; i++) {
            version.arrive(i * 50L, Call.ONE);
        }
        assertGolden("burst_of_10x", simulation.run());
    }

    @Test
    void bad_row_in_batch() throws IOException {
        var simulation = new Simulation(4, true);
        var version = new SimulatedVersion(simulation, Setup.of(limits(8, 64, 0), 1, 100, 1000))
                .listingCalls()
                .arrive(0, Call.ONE);
        for (int i = 1; i <= 8; i++) {
            version.arrive(100 + i, i == 6 ? Call.ONE.bad() : Call.ONE);
        }
        assertGolden("bad_row_in_batch", simulation.run());
    }

    @Test
    void late_work() throws IOException {
        var simulation = new Simulation(4, true);
        new SimulatedVersion(simulation, Setup.of(limits(2, 64, 0), 1, 100, 5000))
                .listingCalls()
                .arrive(0, Call.ONE)
                .arrive(100, Call.ONE.withTimeout(2000))
                .arrive(200, Call.ONE)
                .arrive(300, Call.ONE.withTimeout(3000))
                .arrive(400, Call.ONE)
                .arrive(500, Call.ONE.withTimeout(20_000));
        assertGolden("late_work", simulation.run());
    }

    @Test
    void window_counts_from_arrival() throws IOException {
        var simulation = new Simulation(4, true);
        new SimulatedVersion(simulation, Setup.of(limits(4, 64, 2000), 1, 100, 1000))
                .listingCalls()
                .arrive(0, Call.ONE)
                .arrive(1500, Call.ONE)
                .arrive(3000, Call.ONE)
                .arrive(3100, Call.ONE)
                .arrive(3200, Call.ONE)
                .arrive(3300, Call.ONE)
                .arrive(3400, Call.ONE);
        assertGolden("window_counts_from_arrival", simulation.run());
    }

    @Test
    void mixed_groups_and_a_large_call() throws IOException {
        var simulation = new Simulation(4, true);
        new SimulatedVersion(simulation, Setup.of(limits(4, 64, 0), 1, 100, 1000))
                .listingCalls()
                .arrive(0, Call.ONE)
                .arrive(10, Call.ONE.withGroup(2))
                .arrive(20, Call.ONE.withGroup(3))
                .arrive(30, Call.ONE.withGroup(2))
                .arrive(40, Call.ONE.withRows(10))
                .arrive(50, Call.ONE.withGroup(3).withRows(3))
                .arrive(60, Call.ONE);
        assertGolden("mixed_groups_and_a_large_call", simulation.run());
    }

    /// Texts of all lengths from 16 callers, on two cores, ours beside first-come batches padded to the longest.
    @Test
    void mixed_lengths_4_to_256() throws IOException {
        var report = new StringBuilder();
        double ours = 0;
        for (int rowsMax : new int[] {32, 4, 8, 16}) {
            var simulation = new Simulation(4, false);
            var isOurs = rowsMax == 32;
            var setup = Setup.of(limits(rowsMax, 256, -1), 2, TOKEN_MICROS, TEXT_RUN_MICROS)
                    .named(isOurs ? "ours" : "first come, " + rowsMax + " rows");
            var version = new SimulatedVersion(simulation, setup, !isOurs)
                    .callers(16, 300, 60_000_000, Call.ONE, lengths4To256());
            report.append(simulation.run());
            if (isOurs) {
                ours = version.answeredPerSecond();
            } else {
                report.append("  ours has %.2f times its throughput\n".formatted(ours / version.answeredPerSecond()));
            }
        }
        assertGolden("mixed_lengths_4_to_256", report.toString());
    }

    /// A MobileNet: a row costs 7.7 ms whatever goes with it. Believed to gain at first.
    @Test
    void image_model_where_batching_does_not_pay() throws IOException {
        var simulation = new Simulation(4, false);
        var version = new SimulatedVersion(
                        simulation, Setup.of(standard(), 2, 7730, 140).believing(4000, 4000))
                .callers(16, 300, 20_000_000, Call.ONE, NO_LENGTH);
        assertGolden("image_model_where_batching_does_not_pay", simulation.run());
        assertThat(version.rowsOfARun()).isLessThan(1.2);
        assertThat(version.quantileMicros(0.99)).isLessThan(3 * version.quantileMicros(0.5));
    }

    /// The other way round: one that gains, believed not to.
    @Test
    void model_that_was_believed_not_to_gain() throws IOException {
        var simulation = new Simulation(4, false);
        var version = new SimulatedVersion(
                        simulation, Setup.of(standard(), 1, 500, 5000).believing(5500, 0))
                .callers(16, 300, 20_000_000, Call.ONE, NO_LENGTH);
        assertGolden("model_that_was_believed_not_to_gain", simulation.run());
        assertThat(version.rowsOfARun()).isGreaterThan(7);
    }

    /// However much company would save, who comes alone is run at once.
    @Test
    void lone_caller() throws IOException {
        var simulation = new Simulation(4, false);
        var version = new SimulatedVersion(simulation, Setup.of(standard(), 1, 20, 2000))
                .callers(1, 0, 1_000_000, Call.ONE, NO_LENGTH);
        assertGolden("lone_caller", simulation.run());
        assertThat(version.longestQueueMicros()).isZero();
    }

    /// At most one call waits in vain when the crowd has gone.
    @Test
    void lone_caller_after_a_crowd() throws IOException {
        var simulation = new Simulation(4, true);
        var version = new SimulatedVersion(simulation, Setup.of(standard(), 1, 20, 2000)).listingCalls();
        for (int i = 0; i < 60; i++) {
            version.arrive(i * 100L, Call.ONE);
        }
        version.callers(1, 100, 60_000, Call.ONE, NO_LENGTH);
        assertGolden("lone_caller_after_a_crowd", simulation.run());
    }

    /// Embeddings of 16 tokens on two cores.
    @Test
    void saturated_by_16_callers() throws IOException {
        var simulation = new Simulation(4, false);
        var version = new SimulatedVersion(simulation, Setup.of(standard(), 2, TOKEN_MICROS, TEXT_RUN_MICROS))
                .callers(16, 300, 20_000_000, Call.ONE, () -> 16);
        assertGolden("16_callers_saturated", simulation.run());
        assertThat(version.quantileMicros(0.99)).isLessThan(3 * version.quantileMicros(0.5));
    }

    /// The same, but they take their time, and one in a hundred pauses.
    @Test
    void saturated_by_16_callers_that_dawdle() throws IOException {
        var simulation = new Simulation(4, false);
        var random = new Random(11);
        new SimulatedVersion(simulation, Setup.of(standard(), 2, TOKEN_MICROS, TEXT_RUN_MICROS))
                .callers(
                        16,
                        () -> random.nextInt(100) == 0 ? 20_000 : random.nextInt(100, 900),
                        20_000_000,
                        Call.ONE,
                        () -> 16);
        assertGolden("16_callers_that_dawdle", simulation.run());
    }

    /// More lanes than the callers fill, and a few more callers than lanes.
    @Test
    void few_callers_on_two_lanes() throws IOException {
        var report = new StringBuilder();
        for (int callers : new int[] {1, 2, 3, 4, 5, 6, 8, 12, 24, 32, 48}) {
            var simulation = new Simulation(4, false);
            new SimulatedVersion(
                            simulation,
                            Setup.of(standard(), 2, TOKEN_MICROS, TEXT_RUN_MICROS)
                                    .named(callers + " callers"))
                    .callers(callers, 300, 10_000_000, Call.ONE, () -> 16);
            report.append(simulation.run());
        }
        assertGolden("few_callers_on_two_lanes", report.toString());
    }

    /// Callers that pause longer than waiting for them could pay.
    @Test
    void callers_that_think() throws IOException {
        var report = new StringBuilder();
        for (int thinkMicros : new int[] {2_000, 10_000, 50_000}) {
            var simulation = new Simulation(4, false);
            var random = new Random(5);
            new SimulatedVersion(
                            simulation,
                            Setup.of(standard(), 2, TOKEN_MICROS, TEXT_RUN_MICROS)
                                    .named("thinking " + thinkMicros + "us"))
                    .callers(16, () -> random.nextInt(2 * thinkMicros), 20_000_000, Call.ONE, () -> 16);
            report.append(simulation.run());
        }
        assertGolden("callers_that_think", report.toString());
    }

    /// Nobody comes back: a fifth, half, three quarters and nine tenths of what two lanes can do.
    @Test
    void arrivals_at_random() throws IOException {
        var report = new StringBuilder();
        for (int perSecond : new int[] {90, 230, 345, 415}) {
            var simulation = new Simulation(4, false);
            new SimulatedVersion(
                            simulation,
                            Setup.of(standard(), 2, TOKEN_MICROS, TEXT_RUN_MICROS)
                                    .named(perSecond + " a second"))
                    .arrivals(perSecond, 20_000_000, Call.ONE.withLength(16), new Random(9));
            report.append(simulation.run());
        }
        assertGolden("arrivals_at_random", report.toString());
    }

    /// Twice what the model can do, for ten seconds.
    @Test
    void priorities_under_overload() throws IOException {
        var simulation = new Simulation(4, false);
        var version = new SimulatedVersion(simulation, Setup.of(limits(4, 64, -1), 1, 1000, 1000));
        var random = new Random(3);
        for (int i = 0; i < 16_000; i++) {
            var priority = Priority.values()[random.nextInt(3)];
            version.arrive(i * 625L, Call.ONE.withPriority(priority).withTimeout(500_000));
        }
        assertGolden("priorities_under_overload", simulation.run());
    }

    /// More `high` calls than the model can answer: the others keep their reserved turns.
    @Test
    void flood_of_high() throws IOException {
        var simulation = new Simulation(4, false);
        var version = new SimulatedVersion(simulation, Setup.of(limits(4, 64, -1), 1, 1000, 1000));
        for (int i = 0; i < 10_000; i++) {
            version.arrive(i * 1000L, Call.ONE.withPriority(Priority.HIGH).withTimeout(500_000));
        }
        version.callers(2, 1000, 10_000_000, Call.ONE.withPriority(Priority.LOW), NO_LENGTH);
        assertGolden("flood_of_high", simulation.run());
    }

    /// A large fixed cost, callers that think: the learned window beside none.
    @Test
    void gpu_like_large_b_learned_window() throws IOException {
        var report = new StringBuilder();
        for (long window : new long[] {-1, 0}) {
            var simulation = new Simulation(4, false);
            new SimulatedVersion(
                            simulation,
                            Setup.of(limits(64, 256, window), 1, 20, 2000)
                                    .named(window < 0 ? "learned window" : "no window"))
                    .callers(32, 150, 5_000_000, Call.ONE, NO_LENGTH);
            report.append(simulation.run());
        }
        assertGolden("gpu_like_large_b_learned_window", report.toString());
    }

    /// Half a second a run, four lanes pinned, beside a model of a millisecond; four threads for all.
    @Test
    void slow_version_beside_fast() throws IOException {
        var simulation = new Simulation(4, false);
        new SimulatedVersion(
                        simulation, Setup.of(limits(1, 256, 0), 4, 500_000, 0).named("slow"))
                .callers(16, 0, 10_000_000, Call.ONE, NO_LENGTH);
        var fast = new SimulatedVersion(
                        simulation, Setup.of(standard(), 2, 500, 500).named("fast"))
                .callers(4, 500, 10_000_000, Call.ONE, NO_LENGTH);
        assertGolden("slow_version_beside_fast", simulation.run());
        assertThat(fast.quantileMicros(0.99)).isLessThan(10_000);
    }
}
