package io.presage.worker.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadPriorityTest {
    /// Field 19 of `/proc/thread-self/stat`; the name before it may hold blanks.
    private static int nice() throws Exception {
        var stat = Files.readString(Path.of("/proc/thread-self/stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[16]);
    }

    @Test
    void lower_isAboutTheCallingThread_andWhatItStarts() throws Exception {
        assumeThat(Path.of("/proc/thread-self/stat")).exists();
        int before = nice();
        List<Integer> seen = new ArrayList<>();
        var thread = Thread.ofPlatform().start(() -> {
            try {
                seen.add(ThreadPriority.lower(10) ? 1 : 0);
                seen.add(nice());
                var child = Thread.ofPlatform().start(() -> {
                    try {
                        seen.add(nice());
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                });
                child.join();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        thread.join();
        assertThat(seen).containsExactly(1, 10, 10);
        assertThat(nice()).isEqualTo(before);
    }
}
