package io.presage.e2e.cluster;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/// Programs of the machine that some tests run.
public final class Program {
    /// Skips the running test where one is missing; where `CI` is set, which stands for all being installed, the
    /// test fails.
    public static void require(String... names) {
        for (var name : names) {
            if (isOnPath(name)) {
                continue;
            }
            var message = name + " is not on the PATH: install it to run this test (node: 18 or newer; Debian's"
                    + " packages: npm, curl, openssl)";
            if (System.getenv("CI") != null) {
                Assertions.fail(message);
            }
            Assumptions.abort(message);
        }
    }

    private static boolean isOnPath(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private Program() {}
}
