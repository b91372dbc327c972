package io.presage.worker.versions;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the worker does when memory is short, as golden text. `-Dgolden.write=true` writes it anew.
class ResidencySimulationTest {
    private static final Path GOLDEN = Path.of("src/test/resources/residency");

    @TempDir
    Path directory;

    private static void assertGolden(String scenario, ResidencySimulation simulation) throws IOException {
        var actual = simulation.run();
        var file = GOLDEN.resolve(scenario + ".txt");
        if (Boolean.getBoolean("golden.write")) {
            Files.createDirectories(GOLDEN);
            Files.writeString(file, actual);
        }
        assertThat(actual).isEqualTo(Files.readString(file, StandardCharsets.UTF_8));
    }

    private ResidencySimulation worker(long kilobytes, long residencySeconds, long reloadSeconds) throws Exception {
        return new ResidencySimulation(
                directory, kilobytes, Duration.ofSeconds(residencySeconds), Duration.ofSeconds(reloadSeconds));
    }

    @Test
    void more_assigned_than_fits() throws Exception {
        assertGolden(
                "more_assigned_than_fits",
                worker(600, 30, 15)
                        .assign("a", 100)
                        .assign("b", 100)
                        .pass(31_000)
                        .call("a", 1000)
                        .assign("c", 100)
                        .call("b", 1000)
                        .pass(30_000)
                        .call("b", 1000));
    }

    @Test
    void callers_of_an_evicted_version_share_one_load() throws Exception {
        assertGolden(
                "callers_of_an_evicted_version_share_one_load",
                worker(600, 0, 15)
                        .assign("a", 100)
                        .assign("b", 100)
                        .pass(1000)
                        .assign("c", 100)
                        .pass(1000)
                        .calls("a", 3, 1000)
                        .calls("b", 5, 1000));
    }

    @Test
    void evictions_that_chase_each_other() throws Exception {
        var simulation = worker(600, 0, 15)
                .nanosPerByte(50_000)
                .assign("a", 100)
                .assign("b", 100)
                .assign("c", 100);
        for (int i = 0; i < 3; i++) {
            simulation.call("a", 60_000).call("b", 60_000).call("c", 60_000);
        }
        assertGolden("evictions_that_chase_each_other", simulation.pass(60_000).call("a", 60_000));
    }

    @Test
    void all_in_use() throws Exception {
        assertGolden(
                "all_in_use",
                worker(600, 0, 15)
                        .assign("a", 100)
                        .assign("b", 100)
                        .pass(1000)
                        .assign("c", 100)
                        .hold("b")
                        .hold("c")
                        .call("a", 250)
                        .pass(150)
                        .pass(150)
                        .call("a", 5000)
                        .pass(50)
                        .release("b")
                        .pass(100));
    }

    @Test
    void engine_that_crashed() throws Exception {
        assertGolden(
                "engine_that_crashed",
                worker(600, 0, 15)
                        .assign("a", 100)
                        .hold("a")
                        .crash()
                        .call("a", 1000)
                        .release("a")
                        .pass(200)
                        .recover()
                        .pass(60_000)
                        .call("a", 1000));
    }

    @Test
    void too_large_for_this_worker() throws Exception {
        assertGolden(
                "too_large_for_this_worker",
                worker(600, 0, 15).assign("small", 100).assign("huge", 400).call("small", 1000));
    }

    @Test
    void new_assignment_while_all_is_held() throws Exception {
        assertGolden(
                "new_assignment_while_all_is_held",
                worker(600, 0, 15)
                        .assign("a", 100)
                        .assign("b", 100)
                        .hold("a")
                        .hold("b")
                        .assign("c", 100)
                        .pass(500)
                        .pass(1000)
                        .pass(2000)
                        .pass(4000)
                        .pass(8000)
                        .pass(16_000)
                        .pass(30_000)
                        .release("a")
                        .unassign("a")
                        .pass(10_000)
                        .pass(200));
    }
}
