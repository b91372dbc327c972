package io.presage.contract.infer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InferResponseWriterTest {
    private static final InferRequest JSON = new InferRequest(null, List.of(), List.of(), false);
    private static final InferRequest BINARY = new InferRequest(null, List.of(), List.of(), true);

    private final InferResponseWriter writer = new InferResponseWriter();

    private static Tensor.Fixed floats(String name, float... values) {
        var data = TensorAllocator.HEAP.allocate(values.length * 4);
        for (int i = 0; i < values.length; i++) {
            data.putFloat(i * 4, values[i]);
        }
        return new Tensor.Fixed(name, DataType.FP32, Shape.of(1, values.length), data);
    }

    private String write(InferRequest request, Tensor... outputs) {
        writer.write(new InferResponse("m", "3", "a\"1", List.of(outputs)), request);
        return new String(writer.bytes(), 0, writer.length(), UTF_8);
    }

    @Test
    void floatsAreShortestAndFlat() {
        var y = floats("y", 0.1f, 1f, -2.5e-10f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
        assertThat(write(JSON, y))
                .isEqualTo(
                        "{\"model_name\":\"m\",\"model_version\":\"3\",\"id\":\"a\\\"1\",\"outputs\":[{\"name\":\"y\","
                                + "\"datatype\":\"FP32\",\"shape\":[1,6],\"data\":[0.1,1.0,-2.5E-10,NaN,Infinity,-Infinity]}]}");
        assertThat(writer.jsonLength()).isEqualTo(-1);
    }

    @Test
    void textsAreEscaped() {
        var texts = new Tensor.Bytes("t", Shape.of(2), List.of("a\"\\\n\r\t\u0001/ü😀".getBytes(UTF_8), new byte[0]));
        assertThat(write(JSON, texts)).contains("\"data\":[\"a\\\"\\\\\\n\\r\\t\\u0001/ü😀\",\"\"]");
    }

    @Test
    void binaryPartsFollowTheJson() {
        var texts = new Tensor.Bytes("t", Shape.of(2), List.of(new byte[] {(byte) 0xFF}, new byte[0]));
        var request = new InferRequest(
                null,
                List.of(),
                List.of(new InferRequest.RequestedOutput("t", true), new InferRequest.RequestedOutput("y", null)),
                false);
        write(request, texts, floats("y", 1f));
        var json = new String(writer.bytes(), 0, writer.jsonLength(), UTF_8);
        assertThat(json)
                .endsWith("\"shape\":[2],\"parameters\":{\"binary_data_size\":9}},"
                        + "{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[1,1],\"data\":[1.0]}]}");
        assertThat(Arrays.copyOfRange(writer.bytes(), writer.jsonLength(), writer.length()))
                .containsExactly(1, 0, 0, 0, -1, 0, 0, 0, 0);
    }

    @Test
    void outputsWithoutJsonFormAreRefused() {
        var half = new Tensor.Fixed("h", DataType.FP16, Shape.of(1), TensorAllocator.HEAP.allocate(2));
        var refusal = catchThrowableOfType(ProblemException.class, () -> write(JSON, half));
        assertThat(refusal.problem()).isEqualTo(Problem.INVALID_REQUEST);
        assertThat(refusal.detail()).contains("output 'h'", "FP16", "use binary");
        assertThat(writer.length()).isZero();
        assertThat(write(BINARY, half)).contains("\"binary_data_size\":2");

        var bytes = new Tensor.Bytes("b", Shape.of(2), List.of(new byte[0], new byte[] {(byte) 0x80}));
        assertThat(catchThrowableOfType(ProblemException.class, () -> write(JSON, bytes))
                        .detail())
                .contains("output 'b': element 1 is not UTF-8", "use binary");
    }

    @Test
    void aBufferThatGrewLargeIsGivenBack() {
        var large = new Tensor.Fixed("l", DataType.INT8, Shape.of(3 << 20), TensorAllocator.HEAP.allocate(3 << 20));
        write(BINARY, large);
        assertThat(writer.bytes().length).isGreaterThan(3 << 20);
        write(JSON, floats("y", 1f));
        assertThat(writer.bytes().length).isLessThanOrEqualTo(1 << 20);
    }

    @ParameterizedTest
    @EnumSource(DataType.class)
    void whatIsWrittenReadsBack(DataType type) {
        long seed = Long.getLong("presage.seed", System.nanoTime());
        var random = new SplittableRandom(seed);
        for (int i = 0; i < 200; i++) {
            var tensor = random(type, random);
            for (var request : List.of(JSON, BINARY)) {
                if (request.binaryOutputs() || type.hasJsonForm()) {
                    write(request, floats("first", 1f), tensor);
                    var body = Arrays.copyOf(writer.bytes(), writer.length());
                    var response = InferResponseReader.read(body, writer.jsonLength());
                    assertThat(response.id()).isEqualTo("a\"1");
                    assertThat(response.modelVersion()).isEqualTo("3");
                    assertSame(response.outputs().get(1), tensor, seed);
                }
            }
        }
    }

    @Test
    void expectedAnswersNeedNoModel() {
        byte[] body =
                "{\"outputs\":[{\"name\":\"y\",\"datatype\":\"INT8\",\"shape\":[1],\"data\":[1]}]}".getBytes(UTF_8);
        var response = InferResponseReader.read(body, -1);
        assertThat(response.modelName()).isEmpty();
        assertThat(response.outputs()).hasSize(1);
        assertThat(catchThrowableOfType(
                                ProblemException.class, () -> InferResponseReader.read("{}".getBytes(UTF_8), -1))
                        .detail())
                .contains("outputs: none");
    }

    private static void assertSame(Tensor actual, Tensor expected, long seed) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.dataType()).isEqualTo(expected.dataType());
        switch (expected) {
            case Tensor.Fixed fixed ->
                assertThat(((Tensor.Fixed) actual).data())
                        .as("replay with -Dpresage.seed=%d", seed)
                        .isEqualTo(fixed.data());
            case Tensor.Bytes texts ->
                assertThat(((Tensor.Bytes) actual).elements())
                        .as("replay with -Dpresage.seed=%d", seed)
                        .containsExactlyElementsOf(texts.elements());
        }
    }

    private static Tensor random(DataType type, SplittableRandom random) {
        int rows = random.nextInt(4);
        int columns = random.nextInt(1, 5);
        var shape = Shape.of(rows, columns);
        if (type == DataType.BYTES) {
            var elements = new byte[rows * columns][];
            for (int i = 0; i < elements.length; i++) {
                elements[i] = ("ä" + random.nextLong()).getBytes(UTF_8);
            }
            return new Tensor.Bytes("x", shape, List.of(elements));
        }
        var data = ByteBuffer.allocate(rows * columns * type.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
        random.nextBytes(data.array());
        for (int i = 0; i < data.limit(); i += type.byteSize()) {
            switch (type) {
                case BOOL -> data.put(i, (byte) random.nextInt(2));
                // One NaN of many: JSON has but one.
                case FP32 -> data.putFloat(i, Float.isNaN(data.getFloat(i)) ? Float.NaN : data.getFloat(i));
                case FP64 -> data.putDouble(i, Double.isNaN(data.getDouble(i)) ? Double.NaN : data.getDouble(i));
                default -> {}
            }
        }
        return new Tensor.Fixed("x", type, shape, data);
    }
}
