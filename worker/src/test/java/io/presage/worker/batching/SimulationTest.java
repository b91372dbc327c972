package io.presage.worker.batching;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// Batching under load as golden text: a change of the policy shows its numbers in the diff of the report. To
/// write the reports anew, run with `-Dgolden.write=true` and read the diff.
class SimulationTest {
    private static final Path GOLDEN = Path.of("src/test/resources/batching");

    private static void assertGolden(String scenario, Simulation simulation) throws IOException {
        var actual = simulation.run();
        var file = GOLDEN.resolve(scenario + ".txt");
        if (Boolean.getBoolean("golden.write")) {
            Files.createDirectories(GOLDEN);
            Files.writeString(file, actual);
        }
        assertThat(actual).isEqualTo(Files.readString(file, StandardCharsets.UTF_8));
    }

    private static BatchLimits limits(int rowsMax, int queueRowsMax, long windowMicros) {
        return new BatchLimits(rowsMax, queueRowsMax, 1 << 20, windowMicros * 1000);
    }

    @Test
    void lone_requests() throws IOException {
        assertGolden(
                "lone_requests",
                new Simulation(limits(8, 64, 0), 100, 1000)
                        .arrive(0, 1)
                        .arrive(5000, 1)
                        .arrive(10_000, 2));
    }

    @Test
    void burst_of_10x() throws IOException {
        var simulation = new Simulation(limits(8, 16, 0), 100, 1000);
        for (int i = 0; i < 40; i++) {
            simulation.arrive(i * 50L, 1);
        }
        assertGolden("burst_of_10x", simulation);
    }

    @Test
    void bad_row_in_batch() throws IOException {
        var simulation = new Simulation(limits(8, 64, 0), 100, 1000).arrive(0, 1);
        for (int i = 1; i <= 8; i++) {
            simulation.arrive(100 + i, 1, 1, 1_000_000, i == 6);
        }
        assertGolden("bad_row_in_batch", simulation);
    }

    @Test
    void expired_in_queue() throws IOException {
        assertGolden(
                "expired_in_queue",
                new Simulation(limits(2, 64, 0), 100, 5000)
                        .arrive(0, 1)
                        .arrive(100, 1, 1, 2000, false)
                        .arrive(200, 1)
                        .arrive(300, 1, 1, 3000, false)
                        .arrive(400, 1));
    }

    @Test
    void window_counts_from_arrival() throws IOException {
        assertGolden(
                "window_counts_from_arrival",
                new Simulation(limits(4, 64, 2000), 100, 1000)
                        .arrive(0, 1)
                        .arrive(1500, 1)
                        .arrive(3000, 1)
                        .arrive(3100, 1)
                        .arrive(3200, 1)
                        .arrive(3300, 1)
                        .arrive(3400, 1));
    }

    @Test
    void mixed_groups_and_a_large_call() throws IOException {
        assertGolden(
                "mixed_groups_and_a_large_call",
                new Simulation(limits(4, 64, 0), 100, 1000)
                        .arrive(0, 1)
                        .arrive(10, 1, 2, 1_000_000, false)
                        .arrive(20, 1, 3, 1_000_000, false)
                        .arrive(30, 1, 2, 1_000_000, false)
                        .arrive(40, 10)
                        .arrive(50, 3, 3, 1_000_000, false)
                        .arrive(60, 1));
    }
}
