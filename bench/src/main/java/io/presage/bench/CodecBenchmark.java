package io.presage.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.presage.contract.infer.CodecLimits;
import io.presage.contract.infer.DataType;
import io.presage.contract.infer.InferRequest;
import io.presage.contract.infer.InferRequestReader;
import io.presage.contract.infer.InferResponse;
import io.presage.contract.infer.InferResponseWriter;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The OIP codec alone, on the messages of the load benchmark. Tensor memory is reused, as event loops do.
/// Times of single calls are sampled: their median says the same on a busy machine as on a calm one.
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CodecBenchmark {
    private static final String FEATURES =
            "17.99,10.38,122.8,1001.0,0.1184,0.2776,0.3001,0.1471,0.2419,0.07871,1.095,0.9053,8.589,153.4,0.006399,"
                    + "0.04904,0.05373,0.01587,0.03003,0.006193,25.38,17.33,184.6,2019.0,0.1622,0.6656,0.7119,0.2654,"
                    + "0.4601,0.1189";

    private final byte[] flat = request("[" + FEATURES + "]").getBytes(UTF_8);
    private final byte[] nested = request("[[" + FEATURES + "]]").getBytes(UTF_8);
    private final byte[] widened = request("[" + widened() + "]").getBytes(UTF_8);
    private final ByteBuffer memory = ByteBuffer.allocateDirect(1024).order(ByteOrder.LITTLE_ENDIAN);
    private final InferRequestReader reader = new InferRequestReader(CodecLimits.DEFAULT, bytes -> memory.limit(bytes));

    private final InferResponseWriter writer = new InferResponseWriter();
    private final InferRequest json = new InferRequest("a1", List.of(), List.of(), false);
    private final InferRequest binary = new InferRequest("a1", List.of(), List.of(), true);
    private final InferResponse scores = new InferResponse("tumour", "1", "a1", List.of(floats("probabilities", 2)));
    private final InferResponse embedding = new InferResponse("minilm", "1", "a1", List.of(floats("embedding", 384)));

    private static String request(String data) {
        return "{\"id\":\"a1\",\"inputs\":[{\"name\":\"features\",\"shape\":[1,30],\"datatype\":\"FP32\",\"data\":"
                + data + "}]}";
    }

    /// As clients write floats that they hold as doubles: up to 17 digits.
    private static String widened() {
        var widened = new StringBuilder();
        for (var feature : FEATURES.split(",", -1)) {
            widened.append(widened.isEmpty() ? "" : ",").append((double) Float.parseFloat(feature));
        }
        return widened.toString();
    }

    private static Tensor floats(String name, int count) {
        var data = ByteBuffer.allocateDirect(count * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            data.putFloat(i * 4, (float) Math.sin(i + 1.0) / 16);
        }
        return new Tensor.Fixed(name, DataType.FP32, Shape.of(1, count), data);
    }

    @Benchmark
    public InferRequest readFlat30() {
        return reader.read(flat, 0, flat.length, -1);
    }

    @Benchmark
    public InferRequest readNested30() {
        return reader.read(nested, 0, nested.length, -1);
    }

    @Benchmark
    public InferRequest readWidened30() {
        return reader.read(widened, 0, widened.length, -1);
    }

    @Benchmark
    public int writeScores2() {
        writer.write(scores, json);
        return writer.length();
    }

    @Benchmark
    public int writeEmbedding384() {
        writer.write(embedding, json);
        return writer.length();
    }

    @Benchmark
    public int writeEmbedding384Binary() {
        writer.write(embedding, binary);
        return writer.length();
    }
}
