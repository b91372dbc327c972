package io.presage.bench;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;

/// First-come batching as most servers do it: one queue, a batch is whatever waits, up to a bound, padded to its
/// longest text. In process, without HTTP, tensors reused: only the order of work differs from the best there is.
///
/// Arguments: `PACKAGE_DIRECTORY TEXTS_FILE`, one text a line. Orders: `THREADS ROWS_MAX CLIENTS`: clients ask
/// again at once when they are answered.
final class FirstCome {
    private static final int TOKENS_MAX = 256;

    private final OrtSession session;
    private final HuggingFaceTokenizer tokenizer;
    private final List<String> texts;
    private final AtomicInteger next = new AtomicInteger();
    private BlockingQueue<Asked> queue = new LinkedBlockingQueue<>();

    private record Asked(String text, long nanos) {}

    private FirstCome(OrtSession session, HuggingFaceTokenizer tokenizer, List<String> texts) {
        this.session = session;
        this.tokenizer = tokenizer;
        this.texts = texts;
    }

    static Direct.Caller start(Stage stage, Path packageDirectory, List<String> texts) throws IOException {
        var file = Files.write(stage.directory("first-come").resolve("texts"), texts);
        return Direct.start(stage, FirstCome.class, List.of(packageDirectory.toString(), file.toString()));
    }

    static String order(int threads, int rowsMax, int clients) {
        return threads + " " + rowsMax + " " + clients;
    }

    public static void main(String[] args) throws Exception {
        var directory = Path.of(args[0]);
        try (var session = Pinned.session(Models.modelFile(directory), 1);
                var tokenizer = Texts.tokenizer(directory);
                var executor = Executors.newCachedThreadPool()) {
            var server = new FirstCome(session, tokenizer, Files.readAllLines(Path.of(args[1])));
            Direct.serve(executor, new Direct.Work() {
                @Override
                public Direct.Done call(int number, String[] order, long untilNanos) throws Exception {
                    return server.call(Integer.parseInt(order[2]), untilNanos);
                }

                @Override
                public int callers(String[] order) {
                    server.begin(Integer.parseInt(order[3]));
                    return Integer.parseInt(order[1]);
                }
            });
        }
    }

    /// Each client has one call in the queue.
    private void begin(int clients) {
        var fresh = new LinkedBlockingQueue<Asked>();
        for (int i = 0; i < clients; i++) {
            fresh.add(ask());
        }
        queue = fresh;
    }

    private Asked ask() {
        return new Asked(texts.get(Math.floorMod(next.getAndIncrement(), texts.size())), System.nanoTime());
    }

    private Direct.Done call(int rowsMax, long untilNanos) throws OrtException, InterruptedException {
        var durations = new Histogram(3);
        long items = 0;
        var batch = new ArrayList<Asked>();
        var inputs = List.of("input_ids", "attention_mask", "token_type_ids");
        var memory = inputs.stream()
                .map(_ -> direct(rowsMax * TOKENS_MAX * Long.BYTES))
                .toList();
        var states = direct(rowsMax * TOKENS_MAX * Pooling.DIMENSIONS * Float.BYTES);
        while (System.nanoTime() < untilNanos) {
            var first = queue.poll(1, TimeUnit.MILLISECONDS);
            if (first == null) {
                continue;
            }
            batch.clear();
            batch.add(first);
            queue.drainTo(batch, rowsMax - 1);
            run(batch, inputs, memory, states);
            long now = System.nanoTime();
            for (var each : batch) {
                durations.recordValue(now - each.nanos());
                queue.add(ask());
            }
            items += batch.size();
        }
        return new Direct.Done(items, durations);
    }

    private void run(List<Asked> batch, List<String> names, List<ByteBuffer> memory, ByteBuffer states)
            throws OrtException {
        var encodings = new ArrayList<Encoding>();
        int longest = 0;
        for (var each : batch) {
            var encoding = tokenizer.encode(each.text());
            encodings.add(encoding);
            longest = Math.max(longest, encoding.getIds().length);
        }
        for (int i = 0; i < batch.size(); i++) {
            put(memory.get(0), encodings.get(i).getIds(), i, longest);
            put(memory.get(1), encodings.get(i).getAttentionMask(), i, longest);
            put(memory.get(2), encodings.get(i).getTypeIds(), i, longest);
        }
        long[] shape = {batch.size(), longest};
        try (var ids = tensor(memory.get(0), shape, OnnxJavaType.INT64, Long.BYTES);
                var mask = tensor(memory.get(1), shape, OnnxJavaType.INT64, Long.BYTES);
                var types = tensor(memory.get(2), shape, OnnxJavaType.INT64, Long.BYTES);
                var hidden = tensor(
                        states,
                        new long[] {batch.size(), longest, Pooling.DIMENSIONS},
                        OnnxJavaType.FLOAT,
                        Float.BYTES)) {
            session.run(
                            Map.of(names.get(0), ids, names.get(1), mask, names.get(2), types),
                            Set.of(),
                            Map.of("last_hidden_state", hidden))
                    .close();
        }
        var numbers = states.asFloatBuffer();
        var embedding = new float[Pooling.DIMENSIONS];
        for (int i = 0; i < batch.size(); i++) {
            Pooling.mean(numbers, i * longest, encodings.get(i).getIds().length, embedding);
        }
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    private static void put(ByteBuffer target, long[] values, int row, int length) {
        target.asLongBuffer().put(row * length, Arrays.copyOf(values, length));
    }

    private static OnnxTensor tensor(ByteBuffer memory, long[] shape, OnnxJavaType type, int size) throws OrtException {
        long bytes = Arrays.stream(shape).reduce(size, Math::multiplyExact);
        var part = memory.slice(0, Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), part, shape, type);
    }
}
