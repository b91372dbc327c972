package io.presage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// What a process takes of the machine.
///
/// @param megabytes resident
record Resident(double megabytes, int threads) {
    /// After the JVM has collected its garbage and given memory back, as it does when it idles.
    static Resident collected(Child child) throws IOException, InterruptedException {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        for (int i = 0; i < 2; i++) {
            var collection = new ProcessBuilder(
                            jcmd, Long.toString(child.process().pid()), "GC.run")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (collection.waitFor() != 0) {
                throw new IllegalStateException("jcmd GC.run failed for " + child.name());
            }
        }
        TimeUnit.MILLISECONDS.sleep(Duration.ofSeconds(1).toMillis());
        return of(child);
    }

    static Resident of(Child child) throws IOException {
        return new Resident(status(child, "VmRSS:") * 1024 / 1e6, (int) status(child, "Threads:"));
    }

    /// The most it ever was.
    static double peakMegabytes(Child child) throws IOException {
        return status(child, "VmHWM:") * 1024 / 1e6;
    }

    private static double status(Child child, String field) throws IOException {
        var status = Path.of("/proc", Long.toString(child.process().pid()), "status");
        for (var line : Files.readAllLines(status)) {
            if (line.startsWith(field)) {
                return Double.parseDouble(
                        line.substring(field.length()).replace("kB", "").strip());
            }
        }
        throw new IllegalStateException(status + " has no " + field);
    }
}
