package io.presage.contract.infer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Bodies as TensorFlow Serving's REST API has them: https://www.tensorflow.org/tfx/serving/api_rest
class PredictTest {
    private static final Signature ONE = signature(new TensorSpec("x", DataType.FP32, Shape.of(-1, 2)));
    private static final Signature SCALARS = signature(new TensorSpec("x", DataType.FP32, Shape.of(-1)));
    private static final Signature BYTES = signature(new TensorSpec("image", DataType.BYTES, Shape.of(-1)));
    private static final Signature TWO = signature(
            new TensorSpec("tag", DataType.BYTES, Shape.of(-1)),
            new TensorSpec("signal", DataType.INT64, Shape.of(-1, 3)));

    private static Signature signature(TensorSpec... inputs) {
        return new Signature(List.of(inputs), List.of(), true);
    }

    private static PredictRequest read(Signature signature, String json) {
        byte[] body = (".." + json).getBytes(UTF_8);
        return PredictReader.read(CodecLimits.DEFAULT, TensorAllocator.HEAP, body, 2, body.length - 2, signature);
    }

    private static String shown(Signature signature, String json) {
        var request = read(signature, json);
        var all = new ArrayList<String>();
        for (var tensor : request.inputs()) {
            all.add(tensor.name() + tensor.shape() + values(tensor));
        }
        return (request.byRows() ? "rows " : "whole ") + all;
    }

    private static List<Object> values(Tensor tensor) {
        var values = new ArrayList<Object>();
        for (int i = 0; i < tensor.shape().elementCount(); i++) {
            values.add(
                    switch (tensor) {
                        case Tensor.Bytes bytes -> new String(bytes.elements().get(i), UTF_8);
                        case Tensor.Fixed fixed ->
                            fixed.dataType() == DataType.FP32
                                    ? (Object) fixed.data().getFloat(i * 4)
                                    : fixed.data().getLong(i * 8);
                    });
        }
        return values;
    }

    private static void assertRefused(Signature signature, String json, Problem problem, String part) {
        var refusal = catchThrowableOfType(ProblemException.class, () -> read(signature, json));
        assertThat(refusal).as(json).isNotNull();
        assertThat(refusal.problem()).as(refusal.detail()).isEqualTo(problem);
        assertThat(refusal.detail()).contains(part);
    }

    @Test
    void rows_ofAModelOfOneInput_areValues() {
        assertThat(shown(ONE, "{\"signature_name\":\"serving_default\",\"instances\":[[1,2.5],[3,NaN]]}"))
                .isEqualTo("rows [x[2, 2][1.0, 2.5, 3.0, NaN]]");
        assertThat(shown(SCALARS, "{\"instances\": [1.0, 2.0, 5.0]}")).isEqualTo("rows [x[3][1.0, 2.0, 5.0]]");
    }

    @Test
    void rows_ofSeveralInputs_areObjects() {
        assertThat(shown(
                        TWO,
                        "{\"instances\":[{\"tag\":\"foo\",\"signal\":[1,2,3]},"
                                + "{\"signal\":[3,4,9007199254740993],\"tag\":\"b\\u00e4r\"}]}"))
                .isEqualTo("rows [tag[2][foo, bär], signal[2, 3][1, 2, 3, 3, 4, 9007199254740993]]");
    }

    @Test
    void columns_areWholeTensors_withNamesOrWithout() {
        assertThat(shown(ONE, "{\"inputs\":[[1,2],[3,4]]}")).isEqualTo("whole [x[2, 2][1.0, 2.0, 3.0, 4.0]]");
        assertThat(shown(ONE, "{\"inputs\":{\"x\":[[1,2]]},\"signature_name\":\"\"}"))
                .isEqualTo("whole [x[1, 2][1.0, 2.0]]");
        assertThat(shown(TWO, "{\"inputs\":{\"signal\":[[1,2,3]],\"tag\":[\"a\"]}}"))
                .isEqualTo("whole [signal[1, 3][1, 2, 3], tag[1][a]]");
    }

    @Test
    void bytes_areTextOrBase64() {
        assertThat(shown(BYTES, "{\"instances\":[{\"b64\":\"aGVsbG8=\"},\"plain\"]}"))
                .isEqualTo("rows [image[2][hello, plain]]");
        assertThat(shown(BYTES, "{\"instances\":[{\"image\":{\"b64\":\"aGVsbG8=\"}}]}"))
                .isEqualTo("rows [image[1][hello]]");
        assertThat(shown(BYTES, "{\"inputs\":[{\"b64\":\"aGVsbG8=\"}]}")).isEqualTo("whole [image[1][hello]]");
        assertRefused(BYTES, "{\"instances\":[{\"b64\":\"!\"}]}", Problem.INVALID_TENSOR, "no base64");
        assertRefused(BYTES, "{\"instances\":[{\"b64\":1}]}", Problem.INVALID_TENSOR, "a string for BYTES");
        assertRefused(BYTES, "{\"instances\":[{\"b64\":\"\",\"c\":1}]}", Problem.INVALID_TENSOR, "beside b64");
    }

    @Test
    void badBodies_areNamed() {
        assertRefused(ONE, "{}", Problem.INVALID_REQUEST, "neither of instances and inputs");
        assertRefused(ONE, "{\"instances\":[[1,2]],\"inputs\":[]}", Problem.INVALID_REQUEST, "both of instances");
        assertRefused(ONE, "{\"instances\":[]}", Problem.INVALID_REQUEST, "instances: empty");
        assertRefused(ONE, "{\"instances\":7}", Problem.INVALID_REQUEST, "instances as an array");
        assertRefused(ONE, "{\"instances\":[[1,2],[3]]}", Problem.INVALID_TENSOR, "fewer than 2 elements on axis 1");
        assertRefused(ONE, "{\"instances\":[[1,2],[3,4,5]]}", Problem.INVALID_TENSOR, "more than 2 elements");
        assertRefused(ONE, "{\"instances\":[1,2]}", Problem.INVALID_TENSOR, "nested less deep");
        assertRefused(ONE, "{\"instances\":[[[1]]]}", Problem.INVALID_TENSOR, "nested deeper");
        assertRefused(ONE, "{\"instances\":[[1,[2]]]}", Problem.INVALID_TENSOR, "a number for FP32");
        assertRefused(ONE, "{\"instances\":[[1,\"2\"]]}", Problem.INVALID_TENSOR, "a number for FP32");
        assertRefused(ONE, "{\"instances\":[{\"y\":[1,2]}]}", Problem.INVALID_TENSOR, "input 'y': unknown");
        assertRefused(ONE, "{\"instances\":[[1,2]],\"instances\":[]}", Problem.INVALID_REQUEST, "instances twice");
        assertRefused(ONE, "{\"signature_name\":\"other\",\"instances\":[[1,2]]}", Problem.INVALID_REQUEST, "'other'");
        assertRefused(TWO, "{\"instances\":[[1,2]]}", Problem.INVALID_REQUEST, "for each of [tag, signal]");
        assertRefused(TWO, "{\"inputs\":{\"tag\":[\"a\"],\"tag\":[]}}", Problem.INVALID_REQUEST, "'tag' twice");
        assertRefused(
                TWO,
                "{\"instances\":[{\"tag\":\"a\",\"signal\":[1,2,3]},{\"tag\":\"b\"}]}",
                Problem.INVALID_REQUEST,
                "instances[1]: 1 inputs (expected: 2");
        assertRefused(
                TWO,
                "{\"instances\":[{\"tag\":\"a\",\"signal\":[1,2,3]},{\"tag\":\"b\",\"tag\":\"b\"}]}",
                Problem.INVALID_REQUEST,
                "instances[1]: other inputs");
        assertRefused(
                signature(new TensorSpec("h", DataType.FP16, Shape.of(-1))),
                "{\"instances\":[1]}",
                Problem.INVALID_TENSOR,
                "use binary");
    }

    @Test
    void firstRow_thatPromisesMoreThanThereIs_takesNoMemory() {
        var json = "{\"instances\":[{\"x\":[" + "1,".repeat(999) + "1]}" + ",{\"x\":[]}".repeat(1000) + "]}";
        var wide = signature(new TensorSpec("x", DataType.FP32, Shape.of(-1, -1)));
        assertRefused(wide, json, Problem.INVALID_TENSOR, "not all as large as the first");
    }

    private static String written(int rows, Tensor... outputs) {
        var writer = new InferResponseWriter();
        PredictWriter.write(writer, rows, List.of(outputs));
        return new String(writer.bytes(), 0, writer.length(), UTF_8);
    }

    private static Tensor floats(String name, Shape shape, float... values) {
        var data = TensorAllocator.HEAP.allocate(values.length * 4);
        for (int i = 0; i < values.length; i++) {
            data.putFloat(i * 4, values[i]);
        }
        return new Tensor.Fixed(name, DataType.FP32, shape, data);
    }

    private static Tensor bytes(String name, byte[]... elements) {
        return new Tensor.Bytes(name, Shape.of(elements.length), List.of(elements));
    }

    @Test
    void answer_inRows_isPredictions() {
        assertThat(written(2, floats("y", Shape.of(2), 1, 2.5f))).isEqualTo("{\"predictions\":[1.0,2.5]}");
        assertThat(written(2, floats("y", Shape.of(2, 1, 2), 1, 2, 3, 4)))
                .isEqualTo("{\"predictions\":[[[1.0,2.0]],[[3.0,4.0]]]}");
        assertThat(written(
                        2,
                        floats("p", Shape.of(2, 2), 1, 2, 3, Float.POSITIVE_INFINITY),
                        bytes("label", "a\"".getBytes(UTF_8), new byte[] {(byte) 0xff})))
                .isEqualTo("{\"predictions\":[{\"p\":[1.0,2.0],\"label\":\"a\\\"\"},"
                        + "{\"p\":[3.0,Infinity],\"label\":{\"b64\":\"/w==\"}}]}");
    }

    @Test
    void answer_inColumns_isOutputs() {
        assertThat(written(-1, floats("y", Shape.of(2), 1, 2.5f))).isEqualTo("{\"outputs\":[1.0,2.5]}");
        assertThat(written(-1, floats("y", Shape.of(), 1))).isEqualTo("{\"outputs\":1.0}");
        assertThat(written(-1, floats("y", Shape.of(1, 0)), bytes("z_bytes", "hello".getBytes(UTF_8))))
                .isEqualTo("{\"outputs\":{\"y\":[[]],\"z_bytes\":[{\"b64\":\"aGVsbG8=\"}]}}");
    }

    @Test
    void answer_thatIsNoRows_asksForColumns() {
        var refusal = catchThrowableOfType(ProblemException.class, () -> written(2, floats("y", Shape.of(), 1)));
        assertThat(refusal.problem()).isEqualTo(Problem.INVALID_REQUEST);
        assertThat(refusal.detail()).contains("ask with `inputs`");
    }
}
