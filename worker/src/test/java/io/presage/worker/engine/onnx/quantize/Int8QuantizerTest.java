package io.presage.worker.engine.onnx.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.Manifest;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.Device;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.LoadPlan;
import io.presage.worker.engine.onnx.OnnxEngine;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Int8QuantizerTest {
    private static final int SIZE = 96;

    private final OnnxEngine engine = new OnnxEngine();

    @TempDir
    private Path directory;

    private int files;

    /// The same numbers each time, of both signs.
    private static float[] numbers(int count, int seed) {
        var numbers = new float[count];
        int state = seed;
        for (int i = 0; i < count; i++) {
            state = state * 1_664_525 + 1_013_904_223;
            numbers[i] = (state >> 8) / (float) (1 << 23);
        }
        return numbers;
    }

    private static OnnxModelBuilder model() {
        return new OnnxModelBuilder()
                .input("x", OnnxModelBuilder.FLOAT, -1, SIZE)
                .output("y", OnnxModelBuilder.FLOAT, -1, SIZE);
    }

    private Path file(byte[] bytes) throws Exception {
        return Files.write(directory.resolve("model-" + files++ + ".onnx"), bytes);
    }

    private Int8Quantizer.Quantised quantise(Path source) throws Exception {
        return Int8Quantizer.quantise(source, directory.resolve(source.getFileName() + ".int8"));
    }

    private Failure refusal(byte[] model) throws Exception {
        var file = file(model);
        var refused = catchThrowableOfType(LoadException.class, () -> quantise(file));
        assertThat(refused).isNotNull();
        assertThat(directory.resolve(file.getFileName() + ".int8")).doesNotExist();
        return refused.failure();
    }

    private float[] run(Path file, Tensor input) throws Exception {
        var modelPackage = new ModelPackage(directory, file, Files.size(file), Manifest.DEFAULT);
        try (var model = engine.load(modelPackage, new LoadPlan(new Device(Device.Kind.CPU, 0, "cpu", 0), 1, null))) {
            var output = ((Tensor.Fixed) model.run(List.of(input)).getFirst()).data();
            var values = new float[output.remaining() / Float.BYTES];
            for (int i = 0; i < values.length; i++) {
                values[i] = output.getFloat(output.position() + i * Float.BYTES);
            }
            return values;
        }
    }

    private static Tensor rows(int rows) {
        var data = TensorAllocator.DIRECT.allocate(rows * SIZE * Float.BYTES);
        var numbers = numbers(rows * SIZE, 7);
        for (int i = 0; i < numbers.length; i++) {
            data.putFloat(i * Float.BYTES, numbers[i]);
        }
        return new Tensor.Fixed("x", DataType.FP32, Shape.of(rows, SIZE), data);
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        double squares = 0;
        double others = 0;
        assertThat(a).hasSameSizeAs(b);
        for (int i = 0; i < a.length; i++) {
            dot += a[i] * b[i];
            squares += a[i] * a[i];
            others += b[i] * b[i];
        }
        return dot / Math.sqrt(squares * others);
    }

    /// Both answer, and nearly the same.
    private void answersAlike(Path source, Tensor input) throws Exception {
        assertThat(cosine(run(source, input), run(directory.resolve(source.getFileName() + ".int8"), input)))
                .isBetween(0.999, 1.001);
    }

    private static boolean mentions(Path file, String word) throws Exception {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(word);
    }

    @Test
    void perceptron_isAQuarterOfItsSize_andAnswersAlike() throws Exception {
        var source = file(model().initializer("w1", numbers(SIZE * SIZE, 1), SIZE, SIZE)
                .initializer("b1", numbers(SIZE, 2), SIZE)
                .initializer("w2", numbers(SIZE * SIZE, 3), SIZE, SIZE)
                .initializer("b2", numbers(SIZE, 4), SIZE)
                .node("MatMul", List.of("x", "w1"), List.of("h1"))
                .node("Add", List.of("h1", "b1"), List.of("h2"))
                .node("Relu", List.of("h2"), List.of("h3"))
                .node("Gemm", List.of("h3", "w2", "b2"), List.of("y"), "transB", 1)
                .build());

        var quantised = quantise(source);

        assertThat(quantised.weights()).isEqualTo(2);
        assertThat(quantised.bytesBefore()).isEqualTo(Files.size(source));
        assertThat(quantised.bytesAfter())
                .isEqualTo(Files.size(directory.resolve(source.getFileName() + ".int8")))
                .isLessThan(Files.size(source) * 3 / 10);
        answersAlike(source, rows(5));
    }

    @Test
    void weightOfSeveralNodes_isThereOnce_andSoIsTheirActivation() throws Exception {
        var source = file(model().initializer("w", numbers(SIZE * SIZE, 1), SIZE, SIZE)
                .node("MatMul", List.of("x", "w"), List.of("a"))
                .node("MatMul", List.of("x", "w"), List.of("b"))
                .node("MatMul", List.of("b", "w"), List.of("c"))
                .node("Add", List.of("a", "c"), List.of("y"))
                .build());

        assertThat(quantise(source).weights()).isEqualTo(1);
        var target = directory.resolve(source.getFileName() + ".int8");
        assertThat(Files.size(target)).isLessThan(SIZE * SIZE * 2);
        assertThat(new String(Files.readAllBytes(target), StandardCharsets.ISO_8859_1)
                        .split("\"\u0015DynamicQuantizeLinear|DynamicQuantizeLinear\"", -1))
                .hasSizeLessThanOrEqualTo(3);
        answersAlike(source, rows(3));
    }

    @Test
    void weightThatOthersRead_staysBesideItsInt8Form() throws Exception {
        var source = file(model().initializer("w", numbers(SIZE * SIZE, 1), SIZE, SIZE)
                .node("MatMul", List.of("x", "w"), List.of("a"))
                .node("ReduceMean", List.of("w"), List.of("m"))
                .node("Add", List.of("a", "m"), List.of("y"))
                .build());

        assertThat(quantise(source).bytesAfter()).isGreaterThan(SIZE * SIZE * 5L);
        answersAlike(source, rows(3));
    }

    @Test
    void embeddingTable_hasAScaleForEachRow() throws Exception {
        int words = 200;
        var table = numbers(words * SIZE, 5);
        for (int i = 0; i < SIZE; i++) {
            // A scale for the whole table would leave nothing of the other rows.
            table[i] *= 1000;
        }
        var source = file(new OnnxModelBuilder()
                .initializer("table", table, words, SIZE)
                .input("x", OnnxModelBuilder.INT64, -1)
                .output("y", OnnxModelBuilder.FLOAT, -1, SIZE)
                .node("Gather", List.of("table", "x"), List.of("y"))
                .build());
        quantise(source);

        for (long word : new long[] {0, 1, 199}) {
            var index = TensorAllocator.DIRECT.allocate(Long.BYTES).putLong(0, word);
            answersAlike(source, new Tensor.Fixed("x", DataType.INT64, Shape.of(1), index));
        }
        assertThat(Files.size(directory.resolve(source.getFileName() + ".int8")))
                .isLessThan(Files.size(source) * 3 / 10);
    }

    @Test
    void externalData_isReadAndMovesIntoTheFile() throws Exception {
        var weights = ByteBuffer.allocate(SIZE * SIZE * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        weights.asFloatBuffer().put(numbers(SIZE * SIZE, 1));
        Files.write(directory.resolve("weights.bin"), weights.array());
        Files.write(directory.resolve("bias.bin"), new byte[SIZE * Float.BYTES]);
        var source = file(model().externalInitializer("w", "weights.bin", SIZE, SIZE)
                .externalInitializer("b", "bias.bin", SIZE)
                .node("MatMul", List.of("x", "w"), List.of("a"))
                .node("Add", List.of("a", "b"), List.of("y"))
                .build());

        var quantised = quantise(source);

        assertThat(quantised.externalFiles())
                .containsExactlyInAnyOrder(directory.resolve("weights.bin"), directory.resolve("bias.bin"));
        assertThat(quantised.bytesBefore()).isGreaterThan((SIZE * SIZE + SIZE) * 4L);
        var target = directory.resolve(source.getFileName() + ".int8");
        assertThat(mentions(target, ".bin")).isFalse();
        answersAlike(source, rows(2));
    }

    @Test
    void whatCannotBeQuantised_isSaid() throws Exception {
        assertThat(refusal(OnnxModelBuilder.twice(3)))
                .extracting(Failure::phase, Failure::cause)
                .containsExactly("quantise", "nothing-to-quantise");
        assertThat(refusal(OnnxModelBuilder.twice(3)).evidence()).contains("Add");
        assertThat(refusal(OnnxModelBuilder.slow(32, 1)).cause())
                .as("too small")
                .isEqualTo("nothing-to-quantise");
        var infinite = numbers(SIZE * SIZE, 1);
        infinite[17] = Float.POSITIVE_INFINITY;
        assertThat(refusal(model().initializer("w", infinite, SIZE, SIZE)
                                .node("MatMul", List.of("x", "w"), List.of("y"))
                                .build())
                        .cause())
                .isEqualTo("nothing-to-quantise");
        assertThat(refusal(model().opset(10)
                                .initializer("w", numbers(SIZE * SIZE, 1), SIZE, SIZE)
                                .node("MatMul", List.of("x", "w"), List.of("y"))
                                .build())
                        .cause())
                .isEqualTo("unsupported-opset");
    }

    @Test
    void weightThatCallersMayReplace_isNotTouched() throws Exception {
        var source = model().input("w", OnnxModelBuilder.FLOAT, SIZE, SIZE)
                .initializer("w", numbers(SIZE * SIZE, 1), SIZE, SIZE)
                .node("MatMul", List.of("x", "w"), List.of("y"))
                .build();
        assertThat(refusal(source).cause()).isEqualTo("nothing-to-quantise");
    }

    @Test
    void cutOffFile_isCorrupt_atEveryByte() throws Exception {
        var whole = OnnxModelBuilder.slow(64, 1);
        for (int length : new int[] {1, 2, 3, 20, 100, whole.length / 2, whole.length - 1}) {
            assertThat(refusal(java.util.Arrays.copyOf(whole, length)).cause())
                    .as("%d bytes", length)
                    .isIn("corrupt-model", "unsupported-opset");
        }
    }

    @Test
    void externalDataElsewhere_isRefused() throws Exception {
        Files.write(directory.resolve("small.bin"), new byte[8]);
        for (var location : new String[] {"../secret", "/etc/hostname", "", "none.bin"}) {
            assertThat(refusal(model().externalInitializer("w", location, SIZE, SIZE)
                                    .node("MatMul", List.of("x", "w"), List.of("y"))
                                    .build())
                            .cause())
                    .as(location)
                    .isEqualTo("missing-file");
        }
        assertThat(refusal(model().externalInitializer("w", "small.bin", SIZE, SIZE)
                                .node("MatMul", List.of("x", "w"), List.of("y"))
                                .build())
                        .cause())
                .as("too short for its shape")
                .isEqualTo("nothing-to-quantise");
    }
}
