package io.presage.bench;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.presage.contract.infer.CodecLimits;
import io.presage.contract.infer.InferRequestReader;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/// The floor: a process that calls ONNX Runtime and nothing else. One session, callers with pinned tensors of
/// their own; each call copies its rows into the input tensors and the answers out, as a batch that is put
/// together by hand has to. Tokens are made beforehand: this is the model alone.
///
/// Arguments: `MODEL_FILE BODY_FILE JSON_LENGTH THREADS`, the body being a binary request of one row. Orders:
/// `CALLERS ROWS PAUSE_MILLIS`.
final class InProcess {
    /// A look at the clock costs as much as a hundredth of a small call: one for some calls.
    private static final int CALLS_BETWEEN_LOOKS = 16;
    private static final long SMALL_CALL_NANOS = 100_000;

    private final OrtSession session;
    private final List<Tensor.Fixed> row = new ArrayList<>();
    private final int tokens;

    private InProcess(OrtSession session, Iterable<Tensor> inputs) {
        this.session = session;
        int second = 1;
        for (var input : inputs) {
            if (!(input instanceof Tensor.Fixed fixed)) {
                throw new IllegalArgumentException("tensor " + input.name() + ": BYTES (expected: numbers)");
            }
            row.add(fixed);
            second = (int) fixed.shape().dim(1);
        }
        this.tokens = second;
    }

    /// @param threads of one run
    static Direct.Caller start(Stage stage, Path modelFile, Call call, int threads) throws IOException {
        var body = Files.write(stage.directory("in-process").resolve("body"), call.body());
        return Direct.start(
                stage,
                InProcess.class,
                List.of(
                        modelFile.toString(),
                        body.toString(),
                        Integer.toString(call.jsonLength()),
                        Integer.toString(threads)));
    }

    static String order(int callers, int rows, int pauseMillis) {
        return callers + " " + rows + " " + pauseMillis;
    }

    public static void main(String[] args) throws Exception {
        var body = Files.readAllBytes(Path.of(args[1]));
        var request = new InferRequestReader(CodecLimits.DEFAULT, TensorAllocator.HEAP)
                .read(body, 0, body.length, Integer.parseInt(args[2]));
        try (var session = Pinned.session(Path.of(args[0]), Integer.parseInt(args[3]));
                var executor = Executors.newCachedThreadPool()) {
            var process = new InProcess(session, request.inputs());
            Direct.serve(executor, new Direct.Work() {
                @Override
                public Direct.Done call(int number, String[] order, long untilNanos) throws Exception {
                    return process.call(Integer.parseInt(order[2]), Integer.parseInt(order[3]), untilNanos);
                }

                @Override
                public int callers(String[] order) {
                    return Integer.parseInt(order[1]);
                }
            });
        }
    }

    private Direct.Done call(int rows, int pauseMillis, long untilNanos) throws OrtException, InterruptedException {
        var durations = new Histogram(3);
        long items = 0;
        try (var pinned = new Pinned(session, rows, tokens)) {
            var answers = answers(pinned);
            int calls = 1;
            while (System.nanoTime() < untilNanos) {
                if (pauseMillis > 0) {
                    TimeUnit.MILLISECONDS.sleep(pauseMillis);
                }
                long start = System.nanoTime();
                for (int i = 0; i < calls; i++) {
                    run(pinned, rows, answers);
                }
                long nanos = (System.nanoTime() - start) / calls;
                durations.recordValueWithCount(nanos, calls);
                items += (long) calls * rows;
                calls = pauseMillis == 0 && nanos < SMALL_CALL_NANOS ? CALLS_BETWEEN_LOOKS : 1;
            }
        }
        return new Direct.Done(items, durations);
    }

    private static List<byte[]> answers(Pinned pinned) {
        return pinned.outputNames().stream()
                .map(name -> new byte[pinned.bytes(name).capacity()])
                .toList();
    }

    private void run(Pinned pinned, int rows, List<byte[]> answers) throws OrtException {
        for (var tensor : row) {
            var target = pinned.bytes(tensor.name());
            int bytes = tensor.data().remaining();
            for (int i = 0; i < rows; i++) {
                target.put(i * bytes, tensor.data(), tensor.data().position(), bytes);
            }
        }
        pinned.run();
        int at = 0;
        for (var name : pinned.outputNames()) {
            pinned.bytes(name).get(0, answers.get(at++));
        }
    }
}
