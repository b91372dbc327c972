package io.presage.bench;

import io.presage.contract.state.Tuning;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// A thousand small models in one worker, of which a hundred at a time give way to others, ten thousand in all:
/// what
/// must not grow is looked at along the way.
final class SoakPart implements Part {
    private static final int HELD = 1000;
    private static final int STEP = 100;
    private static final double DRIFT_MAX_PERCENT = 5;
    private static final List<String> HEAP = List.of("-Xms256m", "-Xmx256m");

    /// @param nativeBytes that malloc has given out
    /// @param heapBytes after a full collection
    private record Look(int loads, double nativeBytes, double residentBytes, double heapBytes, int threads) {
        List<String> row(double cpuMillisPerLoad) {
            return List.of(
                    Integer.toString(loads),
                    Report.tenths(nativeBytes / 1e6),
                    Report.tenths(residentBytes / 1e6),
                    Report.tenths(heapBytes / 1e6),
                    Integer.toString(threads),
                    Report.tenths(cpuMillisPerLoad));
        }
    }

    private final HttpClient client = HttpClient.newHttpClient();

    @Override
    public String name() {
        return "soak";
    }

    @Override
    public void run(Stage stage, Report report) throws IOException, InterruptedException {
        int mark = stage.mark();
        int cycles = stage.isQuick() ? 2000 : 10_000;
        int lookEvery = cycles / 10;
        // Short graces: the time of a cycle is to be the worker's.
        var worker = WorkerStand.start(stage, HEAP, "--worker.drain-grace=0s");
        var registry = worker.registry();
        var first = OnnxFile.tabular(0);
        var tuning = registry.validate("first", first).tuning();
        Queue<String> held = new ArrayDeque<>();
        Queue<String> spare = new ArrayDeque<>();
        var uploads = new LinkedHashMap<String, byte[]>();
        for (int i = 0; i < HELD + STEP; i++) {
            var model = "soak-" + i;
            uploads.put(model, OnnxFile.tabular(1000L + i));
            (i < HELD ? held : spare).add(model);
        }
        var rows = new ArrayList<List<String>>();
        rows.add(List.of("loads", "native MB", "resident MB", "heap MB", "threads", "CPU ms a load"));
        var empty = look(worker, 0);
        rows.add(empty.row(0));
        long cpu = worker.child().cpuMicros();
        registry.replace(List.of(), chosen(uploads, held), tuning);
        registry.awaitSettled();
        double cpuMillis = (worker.child().cpuMicros() - cpu) / 1e3 / HELD;
        // The first cycles compile code and grow pools that stay: the soak is measured from after them.
        var start = look(worker, HELD);
        rows.add(start.row(cpuMillis));
        cpu = worker.child().cpuMicros();
        Look end = start;
        Look warm = start;
        for (int done = STEP; done <= cycles; done += STEP) {
            step(registry, uploads, held, spare, tuning);
            if (done % lookEvery == 0) {
                Stage.say("soak: " + done + " of " + cycles + " cycles");
                cpuMillis = (worker.child().cpuMicros() - cpu) / 1e3 / lookEvery;
                end = look(worker, HELD + done);
                rows.add(end.row(cpuMillis));
                cpu = worker.child().cpuMicros();
                if (done == lookEvery) {
                    warm = end;
                }
            }
        }
        stage.release(mark);
        report.section(
                "Soak",
                HELD + " small models (" + first.length + " bytes each, all different) in one worker; " + STEP
                        + " at a time are taken away while " + STEP + " others come, " + cycles
                        + " loads and unloads in all. Native: what malloc has given out. Heap: after a full"
                        + " collection. CPU: of the whole process, with fetching, unloading and reporting. Drift: from"
                        + " the look after the first tenth, when code is compiled, to the last.");
        report.table(rows);
        report.verdict(atMost("native memory", warm.nativeBytes(), end.nativeBytes()));
        report.verdict(atMost("resident memory", warm.residentBytes(), end.residentBytes()));
        report.verdict(atMost("heap", warm.heapBytes(), end.heapBytes()));
        report.verdict(atMost("threads", warm.threads(), end.threads()));
        report.verdict(Verdict.atMost(
                "small idle model: native memory",
                0.2,
                (start.nativeBytes() - empty.nativeBytes()) / 1e6 / HELD,
                " MB"));
    }

    private static void step(
            RegistryStand registry,
            Map<String, byte[]> uploads,
            Queue<String> held,
            Queue<String> spare,
            @Nullable Tuning tuning)
            throws InterruptedException {
        var gone = new ArrayList<String>();
        for (int i = 0; i < STEP; i++) {
            gone.add(held.remove());
        }
        var come = List.copyOf(spare);
        spare.clear();
        spare.addAll(gone);
        held.addAll(come);
        registry.replace(gone, chosen(uploads, come), tuning);
        registry.awaitSettled();
    }

    private static Map<String, byte[]> chosen(Map<String, byte[]> uploads, Iterable<String> models) {
        var chosen = new LinkedHashMap<String, byte[]>();
        models.forEach(model -> chosen.put(model, uploads.getOrDefault(model, new byte[0])));
        return chosen;
    }

    private static Verdict atMost(String what, double before, double after) {
        return Verdict.atMost(
                "soak: drift of " + what, DRIFT_MAX_PERCENT, Math.max(0, 100 * (after / before - 1)), " %");
    }

    private Look look(WorkerStand worker, int loads) throws IOException, InterruptedException {
        var child = worker.child();
        // What the first finds unreachable may hold more until it was cleaned up.
        jcmd(child, "GC.run");
        jcmd(child, "GC.run");
        // What lives, and not what was allocated since.
        var heap = liveBytes(jcmd(child, "GC.class_histogram"));
        double resident = 0;
        int threads = 0;
        for (var line : Files.readAllLines(
                Path.of("/proc", Long.toString(child.process().pid()), "status"))) {
            if (line.startsWith("VmRSS:")) {
                resident = 1024 * number(line, "VmRSS:");
            } else if (line.startsWith("Threads:")) {
                threads = (int) number(line, "Threads:");
            }
        }
        return new Look(loads, nativeBytes(worker), resident, heap, threads);
    }

    private static double liveBytes(String histogram) {
        var total = histogram
                .lines()
                .filter(line -> line.startsWith("Total"))
                .findFirst()
                .orElseThrow()
                .strip()
                .split("\\s+");
        return Double.parseDouble(total[2]);
    }

    /// The first number behind `name`.
    private static double number(String text, String name) {
        var rest = text.substring(text.indexOf(name) + name.length()).strip();
        int end = 0;
        while (end < rest.length() && Character.isDigit(rest.charAt(end))) {
            end++;
        }
        return Double.parseDouble(rest.substring(0, end));
    }

    private double nativeBytes(WorkerStand worker) throws IOException, InterruptedException {
        var uri = URI.create("http://127.0.0.1:" + worker.managementPort() + "/actuator/prometheus");
        var name = "presage_memory_native_bytes ";
        // Read to its end: the worker holds what is left of an answer for as long as nobody takes it.
        return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the worker has no metric " + name));
    }

    private static String jcmd(Child child, String command) throws IOException, InterruptedException {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        var process = new ProcessBuilder(jcmd, Long.toString(child.process().pid()), command)
                .redirectErrorStream(true)
                .start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("jcmd " + command + " failed for " + child.name() + ": " + output);
        }
        return output;
    }
}
