package io.presage.contract.infer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InferRequestReaderTest {
    private final InferRequestReader reader = new InferRequestReader(CodecLimits.DEFAULT, TensorAllocator.HEAP);

    private InferRequest read(String json) {
        byte[] body = json.getBytes(UTF_8);
        return reader.read(body, 0, body.length, -1);
    }

    private InferRequest readBinary(String json, int... tail) {
        var body = new ByteArrayOutputStream();
        body.writeBytes(json.getBytes(UTF_8));
        for (int next : tail) {
            body.write(next);
        }
        return reader.read(body.toByteArray(), 0, body.size(), json.length());
    }

    private ProblemException refusal(String json) {
        return catchThrowableOfType(ProblemException.class, () -> read(json));
    }

    private void assertRefused(String json, Problem problem, String... parts) {
        var refusal = refusal(json);
        assertThat(refusal).as(json).isNotNull();
        assertThat(refusal.problem()).as(refusal.detail()).isEqualTo(problem);
        assertThat(refusal.detail()).contains(parts);
    }

    private static String input(String datatype, String shape, String data) {
        return "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"" + datatype + "\",\"shape\":" + shape + ",\"data\":" + data
                + "}]}";
    }

    private ByteBuffer numbers(String datatype, String shape, String data) {
        return ((Tensor.Fixed) read(input(datatype, shape, data)).inputs().getFirst()).data();
    }

    private List<String> texts(String data, int count) {
        var tensor = (Tensor.Bytes)
                read(input("BYTES", "[" + count + "]", data)).inputs().getFirst();
        return tensor.elements().stream()
                .map(element -> new String(element, UTF_8))
                .toList();
    }

    private static List<Float> floats(ByteBuffer data) {
        var all = new ArrayList<Float>();
        for (int at = 0; at < data.limit(); at += 4) {
            all.add(data.getFloat(at));
        }
        return all;
    }

    @Test
    void readsWholeRequest() {
        var request = read("""
                {"id": "a1", "parameters": {"priority": 3, "binary_data_output": true}, "model_name": "ignored",
                 "inputs": [{"name": "x", "shape": [2, 3], "datatype": "FP32", "parameters": {"content_type": "np"},
                             "data": [[1, 2.5, -3e2], [4, 0.1, 6]]},
                            {"name": "n", "shape": [2], "datatype": "INT64", "data": [7, -9223372036854775808]}],
                 "outputs": [{"name": "y"}, {"name": "z", "parameters": {"binary_data": false}}]}
                """);
        assertThat(request.id()).isEqualTo("a1");
        assertThat(request.binaryOutputs()).isTrue();
        assertThat(request.wantsBinary("y")).isTrue();
        assertThat(request.wantsBinary("z")).isFalse();
        assertThat(request.inputs()).extracting(Tensor::name).containsExactly("x", "n");
        var x = (Tensor.Fixed) request.inputs().getFirst();
        assertThat(x.shape()).isEqualTo(Shape.of(2, 3));
        assertThat(floats(x.data())).containsExactly(1f, 2.5f, -300f, 4f, 0.1f, 6f);
        var n = (Tensor.Fixed) request.inputs().get(1);
        assertThat(n.data().getLong(8)).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void flatAndNestedDataReadTheSame() {
        var flat = numbers("FP32", "[2,1,3]", "[1,2,3,4,5,6]");
        var nested = numbers("FP32", "[2,1,3]", " [ [ [1,2,3] ] , [[4,5,6]]]");
        assertThat(nested).isEqualTo(flat);
    }

    @Test
    void membersComeInAnyOrder() {
        var request = read("""
                {"outputs":[{"parameters":{"binary_data":true},"name":"y"}],
                 "inputs":[{"data":[[1,2],[3,4]],"parameters":{},"datatype":"INT8","shape":[2,2],"name":"x"},
                           {"shape":[1],"data":["later"],"name":"t","datatype":"BYTES"}],"id":"last"}
                """);
        assertThat(((Tensor.Fixed) request.inputs().getFirst()).data().array()).containsExactly(1, 2, 3, 4);
        assertThat(request.inputs().get(1).name()).isEqualTo("t");
        assertThat(request.id()).isEqualTo("last");
        assertThat(request.wantsBinary("y")).isTrue();
    }

    @Test
    void optionalMembersMayBeNull() {
        var request = read("""
                {"id":null,"parameters":null,"outputs":null,
                 "inputs":[{"name":"x","shape":[1],"datatype":"INT8","parameters":null,"data":[1]}]}
                """);
        assertThat(request.id()).isNull();
        assertThat(request.outputs()).isEmpty();
        assertThat(request.binaryOutputs()).isFalse();
    }

    @Test
    void unknownMembersAreIgnored() {
        var request =
                read("{\"a\":{\"b\":[1,{\"c\":\"\\\"}\"}],\"d\":null},\"inputs\":[],\"z\":[NaN,true,-1.5e9,\"\"]}");
        assertThat(request.inputs()).isEmpty();
    }

    @Test
    void escapedMemberNamesAreTheSameNames() {
        assertThat(read("{\"\\u0069nputs\":[],\"id\":\"\\u00e4\\ud83d\\ude00\\n\"}")
                        .id())
                .isEqualTo("ä😀\n");
    }

    @Test
    void readsAPartOfTheArrayOnly() {
        byte[] body = "xx{\"inputs\":[]}yy".getBytes(UTF_8);
        assertThat(reader.read(body, 2, body.length - 4, -1).inputs()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "BOOL, '[true,false,1,0]', 01000100",
        "UINT8, '[0,255,1,2.0]', 00ff0102",
        "INT8, '[-128,127,-0,-1]', 807f00ff",
        "UINT16, '[65535,1]', ffff0100",
        "INT16, '[-32768,32767]', 0080ff7f",
        "UINT32, '[4294967295]', ffffffff",
        "INT32, '[-2147483648]', 00000080",
        "UINT64, '[18446744073709551615,9223372036854775808]', ffffffffffffffff0000000000000080",
        "INT64, '[9223372036854775807]', ffffffffffffff7f",
        "FP32, '[1,-0.0]', 0000803f00000080",
        "FP64, '[1]', 000000000000f03f",
    })
    void everyDatatypeIsLittleEndian(String datatype, String data, String hex) {
        int count = data.split(",").length;
        var buffer = numbers(datatype, "[" + count + "]", data);
        assertThat(hex(buffer)).isEqualTo(hex);
    }

    private static String hex(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.get(0, bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void floatsTakeWhatJsonHasNoNumberFor() {
        assertThat(floats(numbers("FP32", "[2,2]", "[[null,-0.5],[Inf,-Inf]]")))
                .containsExactly(Float.NaN, -0.5f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
        assertThat(numbers("FP64", "[1]", "[null]").getDouble(0)).isNaN();
        var before = read("{\"inputs\":[{\"data\":[NaN,null,Inf,-Inf],\"datatype\":\"FP32\",\"name\":\"x\","
                + "\"shape\":[4]}]}");
        assertThat(floats(((Tensor.Fixed) before.inputs().getFirst()).data()))
                .containsExactly(Float.NaN, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
        assertThat(floats(numbers("FP32", "[6]", "[NaN,Infinity,-Infinity,\"NaN\",\"Infinity\",\"-Infinity\"]")))
                .containsExactly(
                        Float.NaN,
                        Float.POSITIVE_INFINITY,
                        Float.NEGATIVE_INFINITY,
                        Float.NaN,
                        Float.POSITIVE_INFINITY,
                        Float.NEGATIVE_INFINITY);
    }

    @Test
    void textsAreUtf8() {
        assertThat(texts("[\"\",\"a\\\"b\\\\\\/\\b\\f\\n\\r\\t\",\"grün\",\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"]", 4))
                .containsExactly("", "a\"b\\/\b\f\n\r\t", "grün", "Aé€😀");
    }

    @Test
    void emptyAndScalarTensors() {
        assertThat(numbers("FP32", "[0]", "[]").limit()).isZero();
        assertThat(numbers("FP32", "[2,0]", "[[],[]]").limit()).isZero();
        assertThat(numbers("FP32", "[2,0]", "[]").limit()).isZero();
        assertThat(floats(numbers("FP32", "[]", "[5]"))).containsExactly(5f);
        assertThat(floats(numbers("FP32", "[]", "5"))).containsExactly(5f);
        assertThat(numbers("INT8", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[[[[[[[[[[[[[[[[7]]]]]]]]]]]]]]]]")
                        .get(0))
                .isEqualTo((byte) 7);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[2,3] | [[1,2,3],[4,5]] | axis 1 has 2 elements (expected: 3 for shape [2, 3])",
                "[2,3] | [[1,2,3],[4,5,6,7,8]] | axis 1 has 5 elements (expected: 3 for shape [2, 3])",
                "[2,3] | [[1,2,3]] | axis 0 has 1 elements (expected: 2 for shape [2, 3])",
                "[2,3] | [[1,2,3],[4,5,6],[7]] | axis 0 has 3 elements (expected: 2 for shape [2, 3])",
                "[2,3] | [1,2,3,4,5] | data has 5 elements (expected: 6 for shape [2, 3])",
                "[2,3] | [1,2,3,4,5,6,7,8] | data has 8 elements (expected: 6 for shape [2, 3])",
                "[2,3] | [[1,2,3],4,5,6] | data[3]: found '4' (expected: an array of 3 for axis 1",
                "[2,3] | [[[1],[2],[3]],[[4],[5],[6]]] | data[0]: found '[1' (expected: a number for FP32)",
                "[2] | [[1,2]] | data[0]: found '[1' (expected: a number for FP32)",
                "[2] | 5 | data[0]: found '5' (expected: an array of 2",
                "[1] | ['\"1\"'] | expected: a number for FP32",
                "[1] | [true] | found 'true'",
                "[1] | [nan] | found 'nan'",
                "[1] | [1e39] | found '1e39' (expected: an FP32 number within its range)",
                "[1] | [01] | found '01'",
                "[1] | [1.] | found '1.'",
                "[1] | [1e] | found '1e'",
                "[1] | [-] | found '-'",
                "[1] | [.5] | found '.5'",
                "[1] | [+1] | found '+1'",
                "[300000000] | [1] | expected: at most 268435456 bytes",
                "[1000000] | [1] | expected: 1000000 elements",
            })
    void dataThatDoesNotFitIsNamed(String shape, String data, String part) {
        var refusal = refusal(input("FP32", shape, data));
        assertThat(refusal).isNotNull();
        assertThat(refusal.detail()).startsWith("input 'x': ").contains(part.strip());
        assertThat(refusal.problem()).isIn(Problem.INVALID_TENSOR, Problem.BODY_TOO_LARGE);
    }

    @ParameterizedTest
    @CsvSource({
        "UINT8, 256",
        "UINT8, -1",
        "INT8, 128",
        "INT8, -129",
        "UINT16, 65536",
        "INT16, 32768",
        "UINT32, 4294967296",
        "INT32, 2147483648",
        "INT32, -2147483649",
        "INT64, 9223372036854775808",
        "INT64, -9223372036854775809",
        "UINT64, 18446744073709551616",
        "UINT64, 99999999999999999999",
        "UINT64, -1",
        "INT32, 1.5",
        "INT32, 1e3",
        "INT32, 1.",
        "INT32, 01",
        "INT32, true",
        "BOOL, 2",
        "BOOL, -1",
        "BOOL, null",
        "INT64, NaN",
        "BYTES, 1",
        "INT32, '\"1\"'",
    })
    void elementsOutOfRangeAreNamed(String datatype, String element) {
        assertRefused(
                input(datatype, "[1]", "[" + element + "]"),
                Problem.INVALID_TENSOR,
                "input 'x': data[0]: found '" + element,
                datatype.equals("BYTES") ? "a string" : datatype);
    }

    @Test
    void longNumbersAreRefused() {
        assertRefused(input("FP64", "[1]", "[0." + "1".repeat(399) + "]"), Problem.INVALID_TENSOR, "at most 400");
        assertRefused(input("INT8", "[1]", "[1." + "0".repeat(399) + "]"), Problem.INVALID_TENSOR, "INT8");
        assertRefused(input("FP64", "[1]", "[1e1000000000]"), Problem.INVALID_TENSOR, "within its range");
        assertThat(numbers("FP64", "[1]", "[1e-1000000000]").getDouble(0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FP16", "BF16"})
    void halfFloatsHaveNoJsonForm(String datatype) {
        assertRefused(input(datatype, "[1]", "[1]"), Problem.INVALID_TENSOR, "input 'x'", datatype, "use binary");
    }

    @Test
    void shapesAreChecked() {
        assertRefused(input("FP32", "[-1]", "[1]"), Problem.INVALID_TENSOR, "input 'x': shape: dimension -1");
        assertRefused(input("FP32", "[1.5]", "[1]"), Problem.INVALID_TENSOR, "input 'x': shape: found '1.5'");
        assertRefused(input("FP32", "[" + "1,".repeat(16) + "1]", "[1]"), Problem.INVALID_TENSOR, "16 dimensions");
        assertRefused(
                input("FP32", "[9223372036854775807,9223372036854775807,0]", "[]"),
                Problem.INVALID_TENSOR,
                "too many elements");
        assertRefused(input("FP33", "[1]", "[1]"), Problem.INVALID_TENSOR, "'FP33'", "FP32");
    }

    @Test
    void missingDoubledAndContradictingMembersAreNamed() {
        assertRefused("{}", Problem.INVALID_REQUEST, "inputs: none");
        assertRefused("{\"inputs\":[{}]}", Problem.INVALID_REQUEST, "input 0: no name");
        assertRefused("{\"inputs\":[{\"name\":\"x\",\"shape\":[1]}]}", Problem.INVALID_REQUEST, "no datatype");
        assertRefused("{\"inputs\":[],\"inputs\":[]}", Problem.INVALID_REQUEST, "inputs twice");
        assertRefused("{\"id\":\"a\",\"id\":\"b\",\"inputs\":[]}", Problem.INVALID_REQUEST, "id twice");
        assertRefused("{\"id\":5,\"inputs\":[]}", Problem.INVALID_REQUEST, "id as a string");
        assertRefused("{\"inputs\":{}}", Problem.INVALID_REQUEST, "found '{'", "'['");
        var tensor = "{\"name\":\"x\",\"shape\":[1],\"datatype\":\"INT8\",\"data\":[1]";
        assertRefused("{\"inputs\":[" + tensor + ",\"data\":[2]}]}", Problem.INVALID_REQUEST, "data twice");
        assertRefused("{\"inputs\":[" + tensor + "}," + tensor + "}]}", Problem.INVALID_REQUEST, "input 'x' twice");
        assertRefused(
                "{\"inputs\":[" + tensor + ",\"parameters\":{\"binary_data_size\":1}}]}",
                Problem.INVALID_REQUEST,
                "both of data and");
        assertRefused(
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"INT8\"}]}",
                Problem.INVALID_REQUEST,
                "neither of data and");
        assertRefused(
                "{\"inputs\":[],\"outputs\":[{\"name\":\"y\"},{\"name\":\"y\"}]}",
                Problem.INVALID_REQUEST,
                "output 'y' asked for twice");
        assertRefused("{\"inputs\":[],\"outputs\":[{}]}", Problem.INVALID_REQUEST, "output 0: no name");
        assertRefused(
                "{\"inputs\":[],\"parameters\":{\"binary_data_output\":1}}", Problem.INVALID_REQUEST, "true or false");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "[",
                "{",
                "{\"",
                "{\"inputs",
                "{\"inputs\"",
                "{\"inputs\":",
                "{\"inputs\":[",
                "{\"inputs\":[{",
                "{\"inputs\":[]",
                "{\"inputs\":[],}",
                "{\"inputs\":[]} x",
                "{\"inputs\":[]}{}",
                "{\"inputs\":[,]}",
                "null",
                "{inputs:[]}",
                "{\"inputs\":[]\"id\":\"\"}",
                "{\"id\":\"\\x\",\"inputs\":[]}",
                "{\"id\":\"\\ud800\"}",
                "{\"id\":\"\\ud800\\u0041\"}",
                "{\"id\":\"\\udc00\"}",
                "{\"id\":\"\\u12g4\"}",
                "{\"id\":\"\n\"}",
                "{\"x\":abc}",
                "{\"x\":\"\\",
                "{\"x\":\"\\\"",
                "{\"x\":tru}",
                "\ufeff{\"inputs\":[]}",
            })
    void brokenJsonIsLocated(String json) {
        assertRefused(json, Problem.INVALID_REQUEST, "JSON at byte ", "(expected: ");
    }

    @Test
    void invalidUtf8IsRefused() {
        byte[] body = input("BYTES", "[1]", "[\"aXb\"]").getBytes(UTF_8);
        body[body.length - 7 + 1] = (byte) 0xFF;
        var refusal = catchThrowableOfType(ProblemException.class, () -> reader.read(body, 0, body.length, -1));
        assertThat(refusal.detail()).contains("input 'x': data[0]: not UTF-8");
    }

    @Test
    void limitsHoldBeforeMemoryIsTaken() {
        var taken = new ArrayList<Integer>();
        var small = new InferRequestReader(new CodecLimits(64, 2, 4, 8), bytes -> {
            taken.add(bytes);
            return TensorAllocator.HEAP.allocate(bytes);
        });
        assertThat(refusal(small, input("FP32", "[17]", "[" + "1,".repeat(16) + "1]"))
                        .problem())
                .isEqualTo(Problem.BODY_TOO_LARGE);
        assertThat(refusal(small, input("BYTES", "[2]", "[\"" + "a".repeat(30) + "\",\"\"]"))
                        .problem())
                .isEqualTo(Problem.BODY_TOO_LARGE);
        assertThat(refusal(small, "{\"x\":[[[[[1]]]]]}").detail()).contains("nested deeper than 4");
        assertThat(refusal(small, "{\"id\":\"123456789\"}").detail()).contains("id: 9 bytes (expected: at most 8)");
        var tensor = "{\"name\":\"%s\",\"shape\":[0],\"datatype\":\"INT8\",\"data\":[]}";
        var three = tensor.formatted("a") + "," + tensor.formatted("b") + "," + tensor.formatted("c");
        assertThat(refusal(small, "{\"inputs\":[" + three + "]}").detail()).contains("inputs: more than 2");
        assertThat(refusal(small, "{\"outputs\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"}]}")
                        .detail())
                .contains("outputs: more than 2");
        assertThat(taken).containsOnly(0);
    }

    private static ProblemException refusal(InferRequestReader reader, String json) {
        byte[] body = json.getBytes(UTF_8);
        return catchThrowableOfType(ProblemException.class, () -> reader.read(body, 0, body.length, -1));
    }

    @Test
    void deepNestingDoesNotOverflowTheStack() {
        assertRefused("{\"x\":" + "[".repeat(1_000_000), Problem.INVALID_REQUEST, "nested deeper than 32");
        assertRefused(input("FP32", "[1]", "[".repeat(1_000_000)), Problem.INVALID_TENSOR, "found '[[[");
        assertRefused(
                "{\"inputs\":[{\"data\":" + "[".repeat(1_000_000), Problem.INVALID_REQUEST, "nested deeper than 32");
    }

    @Test
    void readerIsReusableAfterARefusal() {
        assertRefused(input("FP32", "[2]", "[1]"), Problem.INVALID_TENSOR, "1 elements");
        assertThat(floats(numbers("FP32", "[2]", "[1,2]"))).containsExactly(1f, 2f);
        assertThat(read("{\"inputs\":[]}").inputs()).isEmpty();
    }

    private static final String TWO_BINARY = """
            {"inputs":[{"name":"x","shape":[2],"datatype":"INT16","parameters":{"binary_data_size":4}},
            {"name":"j","shape":[1],"datatype":"INT8","data":[9]},
            {"name":"t","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}}]}""";

    @Test
    void binaryTensorsFollowInOrder() {
        var request = readBinary(TWO_BINARY, 1, 0, 255, 255, 3, 0, 0, 0, 'a', 'b', 255, 0, 0, 0, 0);
        assertThat(request.inputs()).extracting(Tensor::name).containsExactly("x", "j", "t");
        assertThat(((Tensor.Fixed) request.inputs().getFirst()).data().getShort(2))
                .isEqualTo((short) -1);
        assertThat(((Tensor.Bytes) request.inputs().get(2)).elements())
                .containsExactly(new byte[] {'a', 'b', (byte) 255}, new byte[0]);
    }

    @Test
    void binaryPartsThatDoNotFitAreNamed() {
        assertBinaryRefused(TWO_BINARY, "14 bytes after the JSON part (expected: 15", 14);
        assertBinaryRefused(TWO_BINARY, "16 bytes after the JSON part (expected: 15", 16);
        var one =
                "{\"inputs\":[{\"name\":\"x\",\"shape\":%s,\"datatype\":\"%s\",\"parameters\":{\"binary_data_size\":%s}}]}";
        assertBinaryRefused(one.formatted("[2]", "FP32", "7"), "7 bytes (expected: 8 for FP32 [2])", 7);
        assertBinaryRefused(one.formatted("[2]", "FP16", "5"), "5 bytes (expected: 4 for FP16 [2])", 5);
        assertBinaryRefused(one.formatted("[2]", "FP32", "-1"), "binary_data_size: -1", 0);
        assertBinaryRefused(one.formatted("[2]", "FP32", "1e1"), "binary_data_size: found '1e1'", 10);
        assertBinaryRefused(one.formatted("[99999999999]", "FP32", "4"), "input 'x': binary data has 4 bytes", 4);
        assertBinaryRefused(one.formatted("[9]", "BYTES", "4"), "input 'x': binary data has 4 bytes", 4);
        assertBinaryRefused(one.formatted("[1]", "BYTES", "4"), "element 0 of 16843009 bytes with 0 left", 4);
        assertBinaryRefused(one.formatted("[1]", "BOOL", "1"), null, 1);
    }

    private void assertBinaryRefused(String json, @Nullable String part, int tailBytes) {
        int[] tail = new int[tailBytes];
        Arrays.fill(tail, 1);
        if (part == null) {
            tail[0] = 2;
        }
        var refusal = catchThrowableOfType(ProblemException.class, () -> readBinary(json, tail));
        assertThat(refusal).as(json).isNotNull();
        assertThat(refusal.detail()).contains(part == null ? "byte 2 at 0 (expected: 0 or 1 for BOOL)" : part);
    }

    @Test
    void strayBytesAndElementsPastTheEndAreNamed() {
        var json =
                "{\"inputs\":[{\"name\":\"t\",\"shape\":[1],\"datatype\":\"BYTES\",\"parameters\":{\"binary_data_size\":6}}]}";
        var stray = catchThrowableOfType(ProblemException.class, () -> readBinary(json, 1, 0, 0, 0, 'a', 'b'));
        assertThat(stray.detail()).contains("1 bytes after the last element");
        var huge = catchThrowableOfType(ProblemException.class, () -> readBinary(json, 255, 255, 255, 255, 'a', 'b'));
        assertThat(huge.detail()).contains("element 0 of 4294967295 bytes with 2 left");
    }

    @Test
    void headerLengthIsChecked() {
        var json = "{\"inputs\":[]}".getBytes(UTF_8);
        assertThat(reader.read(json, 0, json.length, json.length).inputs()).isEmpty();
        for (int length : new int[] {0, json.length + 1}) {
            assertThat(catchThrowableOfType(ProblemException.class, () -> reader.read(json, 0, json.length, length))
                            .detail())
                    .contains("Inference-Header-Content-Length: " + length);
        }
        var binary = TWO_BINARY.getBytes(UTF_8);
        assertThat(catchThrowableOfType(ProblemException.class, () -> reader.read(binary, 0, binary.length, -1))
                        .detail())
                .contains("Inference-Header-Content-Length: none with 2 binary inputs");
    }

    @Test
    void headerValueIsRead() {
        assertThat(InferRequestReader.jsonLength(null)).isEqualTo(-1);
        assertThat(InferRequestReader.jsonLength("0")).isZero();
        assertThat(InferRequestReader.jsonLength("2147483647")).isEqualTo(Integer.MAX_VALUE);
        for (var wrong : List.of("", "-1", "1.5", "abc", "2147483648", "99999999999999999999", " 1")) {
            assertThat(catchThrowableOfType(ProblemException.class, () -> InferRequestReader.jsonLength(wrong)))
                    .as(wrong)
                    .isNotNull();
        }
    }

    @Test
    void rawRequestsTakeTheirShapeFromTheBytes() {
        var signature = new Signature(List.of(new TensorSpec("x", DataType.INT16, Shape.of(-1, 2))), List.of(), true);
        var request = reader.readRaw(new byte[] {1, 0, 2, 0, 3, 0, 4, 0}, 0, 8, signature);
        assertThat(request.inputs().getFirst().shape()).isEqualTo(Shape.of(2, 2));
        assertThat(request.wantsBinary("any")).isTrue();
        var odd = catchThrowableOfType(ProblemException.class, () -> reader.readRaw(new byte[6], 0, 6, signature));
        assertThat(odd.detail()).contains("6 bytes (expected: 4 for INT16 [1, 2])");

        var text = new Signature(List.of(new TensorSpec("t", DataType.BYTES, Shape.of(-1))), List.of(), true);
        var texts = (Tensor.Bytes)
                reader.readRaw("hello".getBytes(UTF_8), 0, 5, text).inputs().getFirst();
        assertThat(texts.elements()).containsExactly("hello".getBytes(UTF_8));

        var two = new Signature(List.of(new TensorSpec("a", DataType.INT8, Shape.of(-1, -1))), List.of(), false);
        assertThat(catchThrowableOfType(ProblemException.class, () -> reader.readRaw(new byte[1], 0, 1, two))
                        .detail())
                .contains("at most one variable dimension");
    }

    @Test
    void buffersAreLittleEndianAndOfTheRightSize() {
        var data = numbers("FP64", "[3]", "[1,2,3]");
        assertThat(data.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(data.position()).isZero();
        assertThat(data.limit()).isEqualTo(24);
    }

    private static ByteBuffer direct(int... bytes) {
        var buffer = ByteBuffer.allocateDirect(bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int next : bytes) {
            buffer.put((byte) next);
        }
        return buffer.flip();
    }

    private static String part(String name, String datatype, String shape, int bytes) {
        return "{\"name\":\"" + name + "\",\"datatype\":\"" + datatype + "\",\"shape\":" + shape
                + ",\"parameters\":{\"binary_data_size\":" + bytes + "}}";
    }

    private InferRequest readApart(ByteBuffer tail, String... parts) {
        byte[] json = ("{\"inputs\":[" + String.join(",", parts) + "]}").getBytes(UTF_8);
        return reader.read(json, json.length, tail);
    }

    @Test
    void tensorsOfADirectTail_stayWhereTheyAre() {
        var tail = direct(0, 0, 128, 63, 7, 0, 1, 0, 0, 0, 0, 65, 1);
        var request = readApart(
                tail,
                part("f", "FP32", "[1]", 4),
                part("b", "UINT8", "[1]", 1),
                part("h", "FP16", "[1]", 2),
                part("t", "BYTES", "[1]", 4),
                part("g", "INT16", "[1]", 2));

        var f = (Tensor.Fixed) request.inputs().getFirst();
        assertThat(f.data().getFloat(0)).isEqualTo(1f);
        assertThat(f.data().isDirect()).isTrue();
        tail.putFloat(0, 2f);
        assertThat(f.data().getFloat(0)).as("the same memory").isEqualTo(2f);
        var misaligned = (Tensor.Fixed) request.inputs().get(2);
        assertThat(misaligned.data().isDirect())
                .as("runtimes want aligned elements")
                .isFalse();
        assertThat(hex(misaligned.data())).isEqualTo("0001");
        assertThat(((Tensor.Bytes) request.inputs().get(3)).elements()).containsExactly(new byte[0]);
        assertThat(hex(((Tensor.Fixed) request.inputs().get(4)).data())).isEqualTo("4101");
    }

    @Test
    void aTailThatDoesNotFit_isRefused() {
        for (var tail : List.of(direct(), direct(1, 2, 3), direct(1, 2, 3, 4, 5))) {
            var refusal =
                    catchThrowableOfType(ProblemException.class, () -> readApart(tail, part("x", "FP32", "[1]", 4)));
            assertThat(refusal.problem()).isEqualTo(Problem.INVALID_REQUEST);
            assertThat(refusal.detail()).contains("binary data: " + tail.remaining() + " bytes after the JSON part");
        }
        var boolOf2 = catchThrowableOfType(
                ProblemException.class, () -> readApart(direct(1, 2), part("x", "BOOL", "[2]", 2)));
        assertThat(boolOf2.detail()).contains("byte 2 at 1");
        var tooLong = catchThrowableOfType(
                ProblemException.class, () -> readApart(direct(9, 0, 0, 0, 65), part("x", "BYTES", "[1]", 5)));
        assertThat(tooLong.detail()).contains("element 0 of 9 bytes with 1 left");
    }

    @Test
    void rawBodyInDirectMemory_isTheOneInput() {
        var signature = new Signature(List.of(new TensorSpec("x", DataType.FP32, Shape.of(-1, 2))), List.of(), true);
        var request = reader.readRaw(direct(0, 0, 128, 63, 0, 0, 0, 64), signature);
        var x = (Tensor.Fixed) request.inputs().getFirst();
        assertThat(x.shape()).isEqualTo(Shape.of(1, 2));
        assertThat(floats(x.data())).containsExactly(1f, 2f);
        assertThat(x.data().isDirect()).isTrue();
        assertThat(request.binaryOutputs()).isTrue();
    }

    @Test
    void sharedMemoryAndClassification_areNotHad() {
        assertRefused(
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"parameters\":"
                        + "{\"shared_memory_region\":\"r\",\"shared_memory_byte_size\":4}}]}",
                Problem.UNSUPPORTED,
                "parameters.shared_memory_region");
        assertRefused(
                "{\"inputs\":[],\"outputs\":[{\"name\":\"y\",\"parameters\":{\"shared_memory_region\":\"r\"}}]}",
                Problem.UNSUPPORTED,
                "parameters.shared_memory_region");
        assertRefused(
                "{\"inputs\":[],\"outputs\":[{\"name\":\"y\",\"parameters\":{\"classification\":3}}]}",
                Problem.UNSUPPORTED,
                "parameters.classification");
    }
}
