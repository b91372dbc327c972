package io.presage.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.presage.api.grpc.wire.InferParameter;
import io.presage.api.grpc.wire.InferTensorContents;
import io.presage.api.grpc.wire.ModelInferRequest;
import io.presage.contract.infer.CodecLimits;
import io.presage.contract.infer.InferRequest;
import io.presage.contract.infer.InferRequestReader;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a `ModelInferRequest` becomes, read back by the reader that the worker has.
class OipBodyTest {
    private static final long BYTES_MAX = 1 << 20;

    private static InferRequest read(ModelInferRequest.Builder request) {
        return read(request.build().toByteArray());
    }

    private static InferRequest read(byte[] message) {
        var body = OipBody.of(InferMessage.of(message), BYTES_MAX);
        var all = Buffer.buffer();
        body.pieces().forEach(all::appendBuffer);
        return new InferRequestReader(CodecLimits.DEFAULT, TensorAllocator.HEAP)
                .read(all.getBytes(), 0, all.length(), body.jsonLength());
    }

    private static ModelInferRequest.Builder typed(
            String datatype, InferTensorContents.Builder contents, long... shape) {
        var request = ModelInferRequest.newBuilder().setModelName("m");
        var input = request.addInputsBuilder().setName("x").setDatatype(datatype);
        Arrays.stream(shape).forEach(input::addShape);
        input.setContents(contents);
        return request;
    }

    private static InferTensorContents.Builder contents() {
        return InferTensorContents.newBuilder();
    }

    private static String hex(ModelInferRequest.Builder request) {
        ByteBuffer data = ((Tensor.Fixed) read(request).inputs().getFirst()).data();
        var bytes = new byte[data.remaining()];
        data.get(data.position(), bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void everyDatatype_isLittleEndian() {
        assertThat(hex(typed("BOOL", contents().addBoolContents(true).addBoolContents(false), 2)))
                .isEqualTo("0100");
        assertThat(hex(typed("INT8", contents().addIntContents(-128).addIntContents(127), 2)))
                .isEqualTo("807f");
        assertThat(hex(typed("INT16", contents().addIntContents(-2), 1))).isEqualTo("feff");
        assertThat(hex(typed("INT32", contents().addIntContents(1 << 24), 1))).isEqualTo("00000001");
        assertThat(hex(typed("INT64", contents().addInt64Contents((1L << 53) + 1), 1)))
                .isEqualTo("0100000000002000");
        assertThat(hex(typed("UINT8", contents().addUintContents(255), 1))).isEqualTo("ff");
        assertThat(hex(typed("UINT16", contents().addUintContents(65_535), 1))).isEqualTo("ffff");
        assertThat(hex(typed("UINT32", contents().addUintContents(-1), 1))).isEqualTo("ffffffff");
        assertThat(hex(typed("UINT64", contents().addUint64Contents(-1), 1))).isEqualTo("ffffffffffffffff");
        assertThat(hex(typed("FP32", contents().addFp32Contents(1), 1))).isEqualTo("0000803f");
        assertThat(hex(typed("FP64", contents().addFp64Contents(1), 1))).isEqualTo("000000000000f03f");
        assertThat(hex(typed("FP32", contents(), 0, 3))).isEmpty();
        assertThat(hex(typed("INT32", contents().addIntContents(7)))).isEqualTo("07000000");
    }

    @Test
    void bytesContents_getTheirLengths() {
        var request = typed(
                "BYTES",
                contents().addBytesContents(ByteString.copyFromUtf8("ab")).addBytesContents(ByteString.EMPTY),
                2);
        var elements = ((Tensor.Bytes) read(request).inputs().getFirst()).elements();
        assertThat(elements).hasSize(2);
        assertThat(elements.get(0)).isEqualTo(new byte[] {'a', 'b'});
        assertThat(elements.get(1)).isEmpty();
    }

    @Test
    void idOutputsAndNames_areEscaped() {
        var request = typed("UINT8", contents().addUintContents(1), 1).setId("a\"b\\c\n");
        request.addOutputsBuilder().setName("über");
        var read = read(request);
        assertThat(read.id()).isEqualTo("a\"b\\c\n");
        assertThat(read.outputs())
                .extracting(InferRequest.RequestedOutput::name)
                .containsExactly("über");
        assertThat(read.binaryOutputs()).isTrue();
    }

    private static String json(ModelInferRequest.Builder request) {
        var body = OipBody.of(InferMessage.of(request.build().toByteArray()), BYTES_MAX);
        var all = Buffer.buffer();
        body.pieces().forEach(all::appendBuffer);
        return all.getString(0, body.jsonLength());
    }

    private static InferParameter.Builder parameter() {
        return InferParameter.newBuilder();
    }

    @Test
    void parameters_ofTheCallItsInputsAndItsOutputs_areOips() {
        var request = typed("UINT8", contents().addUintContents(1), 1)
                .putParameters("text", parameter().setStringParam("a\"\n\u00fc").build())
                .putParameters("flag", parameter().setBoolParam(true).build())
                .putParameters(
                        "count", parameter().setInt64Param(-(1L << 60) - 1).build())
                .putParameters("share", parameter().setDoubleParam(-0.25).build())
                .putParameters("big", parameter().setUint64Param(-1).build())
                .putParameters("none", InferParameter.getDefaultInstance());
        request.getInputsBuilder(0)
                .putParameters("unit", parameter().setStringParam("g").build());
        request.addOutputsBuilder()
                .setName("y")
                .putParameters("top", parameter().setUint64Param(3).build());
        request.addOutputsBuilder().setName("z");

        assertThat(json(request))
                .isEqualTo("{\"parameters\":{\"binary_data_output\":true,\"big\":18446744073709551615,"
                        + "\"count\":-1152921504606846977,\"flag\":true,\"share\":-0.25,\"text\":\"a\\\"\\u000a\u00fc\"},"
                        + "\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"UINT8\",\"parameters\":"
                        + "{\"binary_data_size\":1,\"unit\":\"g\"}}],\"outputs\":[{\"name\":\"y\",\"parameters\":"
                        + "{\"binary_data\":true,\"top\":3}},{\"name\":\"z\"}]}");
        assertThat(read(request).outputs()).hasSize(2);
    }

    @Test
    void parametersThatSayHowTensorsTravel_areTheGatewaysOwn() {
        var request = typed("UINT8", contents().addUintContents(1), 1)
                .putParameters(
                        "binary_data_output", parameter().setBoolParam(false).build());
        request.getInputsBuilder(0)
                .putParameters("binary_data_size", parameter().setInt64Param(77).build());
        request.addOutputsBuilder()
                .setName("y")
                .putParameters("binary_data", parameter().setBoolParam(false).build());
        assertThat(json(request)).doesNotContain("false", "77");
        assertThat(read(request).binaryOutputs()).isTrue();
        assertThat(read(request).outputs().getFirst().binary()).isTrue();
    }

    @Test
    void notANumber_isAWordThatTheReaderTakes() {
        var request = typed("UINT8", contents().addUintContents(1), 1);
        for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            request.putParameters("v", parameter().setDoubleParam(value).build());
            assertThat(read(request).inputs()).hasSize(1);
        }
    }

    @Test
    void whatIsNotHad_isRefused() {
        var shared = typed("UINT8", contents(), 4);
        shared.getInputsBuilder(0)
                .putParameters(
                        "shared_memory_region", parameter().setStringParam("r").build());
        var refused = catchThrowableOfType(ProblemException.class, () -> json(shared));
        assertThat(refused.problem()).isEqualTo(Problem.UNSUPPORTED);

        var classes = typed("UINT8", contents().addUintContents(1), 1);
        classes.addOutputsBuilder()
                .setName("y")
                .putParameters("classification", parameter().setInt64Param(2).build());
        refused = catchThrowableOfType(ProblemException.class, () -> read(classes));
        assertThat(refused.problem()).isEqualTo(Problem.UNSUPPORTED);
    }

    @Test
    void manyOrLongParameters_areRefused() {
        var many = typed("UINT8", contents().addUintContents(1), 1);
        for (int i = 0; i < 257; i++) {
            many.putParameters("p" + i, parameter().setBoolParam(true).build());
        }
        assertThatThrownBy(() -> read(many)).hasMessageContaining("parameters: more than 256");
        many.removeParameters("p0");
        assertThat(read(many).inputs()).hasSize(1);
        many.getInputsBuilder(0).putAllParameters(many.getParametersMap());
        assertThat(read(many).inputs()).hasSize(1);
        many.getInputsBuilder(0)
                .putParameters("p0", parameter().setBoolParam(true).build());
        assertThatThrownBy(() -> read(many)).hasMessageContaining("parameters: more than 256");

        var heavy = typed("UINT8", contents().addUintContents(1), 1);
        for (int i = 0; i < 17; i++) {
            heavy.putParameters(
                    "p" + i, parameter().setStringParam("v".repeat(4000)).build());
        }
        assertThatThrownBy(() -> read(heavy)).hasMessageContaining("65536 bytes");
        var lengthy = typed("UINT8", contents().addUintContents(1), 1)
                .putParameters("p", parameter().setStringParam("v".repeat(5000)).build());
        assertThatThrownBy(() -> read(lengthy)).hasMessageContaining("a parameter of 5000 bytes");
    }

    @ParameterizedTest(name = "{0} with {1}")
    @CsvSource({
        "INT8, 128, -128..127",
        "INT8, -129, -128..127",
        "INT16, 32768, -32768..32767",
        "UINT8, 256, 0..255",
        "UINT16, 65536, 0..65535",
    })
    void valueOutOfItsRange_isRefused(String datatype, int value, String expected) {
        var contents = datatype.startsWith("U")
                ? contents().addUintContents(value)
                : contents().addIntContents(value);
        assertThatThrownBy(() -> read(typed(datatype, contents, 1))).hasMessageContaining(expected);
    }

    @Test
    void wrongFieldOrCount_isRefused() {
        assertThatThrownBy(() -> read(typed("FP32", contents().addFp64Contents(1), 1)))
                .hasMessageContaining("fp64_contents for datatype FP32 (expected: fp32_contents)");
        assertThatThrownBy(
                        () -> read(typed("FP32", contents().addFp32Contents(1).addIntContents(1), 1)))
                .hasMessageContaining("int_contents");
        assertThatThrownBy(() -> read(typed("FP32", contents().addFp32Contents(1), 2)))
                .hasMessageContaining("1 values (expected: 2");
        assertThatThrownBy(
                        () -> read(typed("FP32", contents().addFp32Contents(1).addFp32Contents(1), 1)))
                .hasMessageContaining("more values (expected: 1");
        assertThatThrownBy(() -> read(typed("FP16", contents().addFp32Contents(1), 1)))
                .hasMessageContaining("raw_input_contents");
        assertThatThrownBy(() -> read(typed("FP31", contents(), 0))).hasMessageContaining("FP31");
    }

    @Test
    void hugeShapes_makeNoMemory() {
        for (long[] shape : new long[][] {{1L << 40}, {Long.MAX_VALUE, 2}, {-1}, {1 << 16, 1 << 16}, {0, -5}}) {
            var refused = catchThrowableOfType(
                    ProblemException.class, () -> read(typed("FP64", contents().addFp64Contents(1), shape)));
            assertThat(refused.problem()).isEqualTo(Problem.INVALID_TENSOR);
        }
    }

    @Test
    void valuesThatGrow_haveTheBoundOfABody() {
        var contents = contents();
        for (int i = 0; i < 200_000; i++) {
            contents.addInt64Contents(1);
        }
        var refused = catchThrowableOfType(ProblemException.class, () -> read(typed("INT64", contents, 200_000)));
        assertThat(refused.problem()).isEqualTo(Problem.BODY_TOO_LARGE);

        var half = contents();
        for (int i = 0; i < 100_000; i++) {
            half.addInt64Contents(1);
        }
        var two = typed("INT64", half, 100_000);
        assertThat(read(two).inputs()).hasSize(1);
        two.addInputs(two.getInputsBuilder(0).build().toBuilder().setName("z"));
        refused = catchThrowableOfType(ProblemException.class, () -> read(two));
        assertThat(refused.problem()).isEqualTo(Problem.BODY_TOO_LARGE);
    }

    @Test
    void rawContents_areOneForEachInput_andAlone() {
        var two = ModelInferRequest.newBuilder().setModelName("m");
        two.addInputsBuilder().setName("a").setDatatype("BF16").addShape(1);
        two.addInputsBuilder().setName("b").setDatatype("UINT8").addShape(1);
        two.addRawInputContents(ByteString.copyFrom(new byte[] {1, 2}));
        assertThatThrownBy(() -> read(two)).hasMessageContaining("1 raw_input_contents for 2 inputs");
        two.addRawInputContents(ByteString.copyFrom(new byte[] {3}));
        assertThat(read(two).inputs()).hasSize(2);
        two.getInputsBuilder(1).setContents(contents().addUintContents(3));
        assertThatThrownBy(() -> read(two)).hasMessageContaining("beside raw_input_contents");
    }

    @Test
    void manyTensors_areRefused() {
        var many = ModelInferRequest.newBuilder().setModelName("m");
        for (int i = 0; i < 300; i++) {
            many.addInputsBuilder();
        }
        assertThatThrownBy(() -> read(many)).hasMessageContaining("inputs: more than 256");
    }

    @Test
    void manyDimensions_areRefused() {
        var ones = new long[Shape.RANK_MAX + 1];
        Arrays.fill(ones, 1);
        assertThatThrownBy(() -> read(typed("UINT8", contents().addUintContents(1), ones)))
                .hasMessageContaining("more than " + Shape.RANK_MAX + " dimensions");
        assertThat(read(typed("UINT8", contents().addUintContents(1), Arrays.copyOf(ones, Shape.RANK_MAX)))
                        .inputs())
                .hasSize(1);
    }

    @Test
    void contentsTwice_areRefused() throws IOException {
        byte[] once =
                typed("UINT8", contents().addUintContents(1), 1).getInputs(0).toByteArray();
        var twice = new ByteArrayOutputStream();
        twice.write(once);
        twice.write(ModelInferRequest.InferInputTensor.newBuilder()
                .setContents(contents().addUintContents(2))
                .build()
                .toByteArray());
        var message = new ByteArrayOutputStream();
        var out = CodedOutputStream.newInstance(message);
        out.writeByteArray(5, twice.toByteArray());
        out.flush();
        assertThatThrownBy(() -> read(message.toByteArray())).hasMessageContaining("contents twice");
    }

    @Test
    void smallBodies_areOnePiece_andLargeTensorsAreNotCopied() {
        assertThat(OipBody.of(raw(100), BYTES_MAX).pieces()).hasSize(1);
        var message = raw(20_000);
        var pieces = OipBody.of(message, BYTES_MAX).pieces();
        assertThat(pieces).hasSize(2);
        message.bytes()[message.bytes().length - 1] = 77;
        assertThat(pieces.getLast().getByte(19_999)).isEqualTo((byte) 77);
    }

    private static InferMessage raw(int length) {
        var request = ModelInferRequest.newBuilder().setModelName("m");
        request.addInputsBuilder().setName("x").setDatatype("UINT8").addShape(length);
        request.addRawInputContents(ByteString.copyFrom(new byte[length]));
        return InferMessage.of(request.build().toByteArray());
    }

    @Test
    void bytesContentsAsANumber_areNotRead() {
        // Field 8 of the contents with the wire type of a number, beside a real element.
        byte[] contents = {0x40, 3, 0x42, 1, 'a'};
        var request = ModelInferRequest.newBuilder().setModelName("m");
        request.addInputsBuilder().setName("x").setDatatype("BYTES").addShape(1).setContents(parsed(contents));
        assertThat(((Tensor.Bytes) read(request).inputs().getFirst()).elements())
                .hasSize(1);
    }

    private static InferTensorContents parsed(byte[] contents) {
        try {
            return InferTensorContents.parseFrom(contents);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void longNames_areRefused() {
        assertThatThrownBy(() -> read(typed("FP32", contents(), 0).setId("i".repeat(5000))))
                .hasMessageContaining("id of 5000 bytes");
    }

    @Test
    void mutatedMessages_areReadOrRefused() {
        assertSurvivesMutations(typed("INT32", contents().addIntContents(1).addIntContents(-1), 2)
                .setId("id"));
        assertSurvivesMutations(typed(
                "BYTES",
                contents().addBytesContents(ByteString.copyFromUtf8("abc")).addBytesContents(ByteString.EMPTY),
                2));
        assertSurvivesMutations(typed("FP32", contents().addFp32Contents(1).addFp32Contents(2), 2));
        var request = typed("UINT8", contents().addUintContents(1), 1)
                .putParameters("a", parameter().setStringParam("b").build())
                .putParameters("c", parameter().setDoubleParam(1).build());
        request.getInputsBuilder(0)
                .putParameters("d", parameter().setUint64Param(1).build());
        assertSurvivesMutations(request);
    }

    private static void assertSurvivesMutations(ModelInferRequest.Builder request) {
        request.addOutputsBuilder().setName("y");
        byte[] good = request.build().toByteArray();
        long seed = 20261122;
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = Arrays.copyOf(good, good.length - random.nextInt(4));
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                OipBody.of(InferMessage.of(bytes), BYTES_MAX);
            } catch (ProblemException e) {
                assertThat(e.problem().type())
                        .as("seed %s round %s: %s", seed, round, e.detail())
                        .isEqualTo(Problem.Type.CALLER);
            }
        }
    }
}
