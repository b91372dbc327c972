package io.presage.bench;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OrtException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/// The floor: a process that calls ONNX Runtime and nothing else, one session, one caller a core, each with its
/// own pinned tensors. For the embedding model the tokens are made once: this is the model alone.
///
/// `InProcess MODEL_DIRECTORY WORKLOAD CALLERS` reads `run MILLIS` lines and answers each with `calls
/// elapsedMicros p50Micros p99Micros`.
final class InProcess {
    private static final int CALLS_BETWEEN_LOOKS = 16;

    /// The other side: writes the lines and measures the process.
    record Caller(Child child, BufferedReader answers) {
        Load run(Duration duration) throws IOException {
            child.requireAlive();
            long before = child.cpuMicros();
            child.process()
                    .outputWriter(StandardCharsets.UTF_8)
                    .append("run " + duration.toMillis() + "\n")
                    .flush();
            var line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException("in-process caller ended");
            }
            long cpu = child.cpuMicros() - before;
            var fields = line.split(" ", -1);
            return new Load(
                    Long.parseLong(fields[0]),
                    0,
                    Long.parseLong(fields[1]),
                    Long.parseLong(fields[2]),
                    Long.parseLong(fields[3]),
                    cpu);
        }
    }

    static Caller start(Workload workload, Path modelDirectory, int callers) throws IOException {
        var command = Java.main(
                InProcess.class, List.of(modelDirectory.toString(), workload.name(), Integer.toString(callers)));
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        var child = new Child("in-process-" + workload.model(), process, Path.of("/dev/null"));
        return new Caller(child, process.inputReader(StandardCharsets.UTF_8));
    }

    public static void main(String[] args) throws Exception {
        var directory = Path.of(args[0]);
        var workload = Workload.valueOf(args[1]);
        int callers = Integer.parseInt(args[2]);
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (var session = Pinned.session(Workload.modelFile(directory));
                var executor = Executors.newFixedThreadPool(callers)) {
            var pinned = new ArrayList<Pinned>();
            for (int i = 0; i < callers; i++) {
                pinned.add(new Pinned(session, Workload.TOKENS));
                fill(pinned.get(i), workload, directory);
            }
            for (var line = input.readLine(); line != null; line = input.readLine()) {
                long nanos = Duration.ofMillis(Long.parseLong(line.substring("run ".length())))
                        .toNanos();
                var running = new ArrayList<Future<Histogram>>();
                long start = System.nanoTime();
                for (var each : pinned) {
                    running.add(executor.submit(() -> call(each, workload, start + nanos)));
                }
                print(running, start);
            }
            pinned.forEach(Pinned::close);
        }
    }

    private static void print(List<Future<Histogram>> running, long start)
            throws InterruptedException, ExecutionException {
        var all = new Histogram(3);
        for (var each : running) {
            all.add(each.get());
        }
        long elapsedMicros = (System.nanoTime() - start) / 1000;
        System.out.println(all.getTotalCount() + " " + elapsedMicros + " " + all.getValueAtPercentile(50) / 1000 + " "
                + all.getValueAtPercentile(99) / 1000);
    }

    private static Histogram call(Pinned pinned, Workload workload, long untilNanos) throws OrtException {
        var durations = new Histogram(3);
        // A look at the clock costs as much as a hundredth of a small call: one for some calls.
        int calls = workload == Workload.TUMOUR ? CALLS_BETWEEN_LOOKS : 1;
        long now = System.nanoTime();
        while (now < untilNanos) {
            for (int i = 0; i < calls; i++) {
                pinned.run();
            }
            long then = now;
            now = System.nanoTime();
            durations.recordValueWithCount((now - then) / calls, calls);
        }
        return durations;
    }

    private static void fill(Pinned pinned, Workload workload, Path directory) throws IOException {
        switch (workload) {
            case TUMOUR -> pinned.floats("features").put(Workload.FEATURES);
            case MINILM -> {
                try (var tokenizer = HuggingFaceTokenizer.newInstance(
                        directory.resolve("tokenizer.json"), Map.of("padding", "false"))) {
                    var encoding = tokenizer.encode(Workload.TEXT);
                    if (encoding.getIds().length != Workload.TOKENS) {
                        throw new IllegalStateException(encoding.getIds().length + " tokens (expected: "
                                + Workload.TOKENS + "). This is a bug.");
                    }
                    pinned.longs("input_ids").put(encoding.getIds());
                    pinned.longs("attention_mask").put(encoding.getAttentionMask());
                    pinned.longs("token_type_ids").put(encoding.getTypeIds());
                }
            }
        }
    }

    private InProcess() {}
}
