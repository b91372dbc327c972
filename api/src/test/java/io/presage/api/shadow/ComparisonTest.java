package io.presage.api.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final Verdict SAME = new Verdict.Compared(true, false, 0);

    private static Answer json(String outputs) {
        return new Answer(MultiMap.caseInsensitiveMultiMap(), Buffer.buffer("{\"outputs\":[" + outputs + "]}"), 1);
    }

    private static Answer fp32(String shape, String data) {
        return json("{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":" + shape + ",\"data\":" + data + "}");
    }

    private static Answer int64(String data) {
        return json("{\"name\":\"y\",\"datatype\":\"INT64\",\"shape\":[1],\"data\":" + data + "}");
    }

    private static Answer binary(float... values) {
        String head = "{\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[1," + values.length
                + "],\"parameters\":{\"binary_data_size\":" + values.length * 4 + "}}]}";
        var raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            raw.putFloat(value);
        }
        return new Answer(
                MultiMap.caseInsensitiveMultiMap().add("Inference-Header-Content-Length", "" + head.length()),
                Buffer.buffer(head).appendBytes(raw.array()),
                1);
    }

    private static Verdict compare(Answer answered, Answer shadow) {
        return Comparison.of(answered, shadow, 0.01, 10_000);
    }

    @Test
    void equalAnswers_areTheSame_inJsonAndBinary() {
        assertThat(compare(fp32("[1,2]", "[0.25,0.75]"), fp32("[1,2]", "[[0.25,0.75]]")))
                .isEqualTo(SAME);
        assertThat(compare(fp32("[1,2]", "[0.25,0.75]"), binary(0.25f, 0.75f))).isEqualTo(SAME);
    }

    @Test
    void tolerance_isAbsoluteForSmallNumbers_relativeForLarge() {
        assertThat(compare(fp32("[2]", "[0,0]"), fp32("[2]", "[0.0078125,0]")))
                .isEqualTo(new Verdict.Compared(true, false, 0.0078125));
        assertThat(compare(fp32("[1]", "[1000]"), fp32("[1]", "[1008]")))
                .isEqualTo(new Verdict.Compared(true, false, 8));
        assertThat(compare(fp32("[1]", "[0]"), fp32("[1]", "[0.5]")))
                .isEqualTo(new Verdict.Compared(false, false, 0.5));
        assertThat(compare(fp32("[1]", "[1000]"), fp32("[1]", "[1016]")))
                .isEqualTo(new Verdict.Compared(false, false, 16));
    }

    @Test
    void topChanged_isAboutRows_evenWithinTheTolerance() {
        assertThat(compare(fp32("[2,2]", "[1,2,3.0078125,3]"), fp32("[2,2]", "[1,2,3,3.0078125]")))
                .isEqualTo(new Verdict.Compared(true, true, 0.0078125));
        assertThat(compare(fp32("[2,2]", "[1,2,4,3]"), fp32("[2,2]", "[1,2,4,3]")))
                .isEqualTo(SAME);
        // One number a row, or no rows: there is no greatest.
        assertThat(compare(fp32("[2,1]", "[1,2]"), fp32("[2,1]", "[2,1]")))
                .isEqualTo(new Verdict.Compared(false, false, 1));
        assertThat(compare(fp32("[2]", "[1,2]"), fp32("[2]", "[2,1]")))
                .isEqualTo(new Verdict.Compared(false, false, 1));
    }

    @Test
    void notANumber_equalsItself_andNothingElse() {
        assertThat(compare(binary(Float.NaN, 1), binary(Float.NaN, 1))).isEqualTo(SAME);
        assertThat(compare(binary(Float.POSITIVE_INFINITY, 1), binary(Float.POSITIVE_INFINITY, 1)))
                .isEqualTo(SAME);
        assertThat(compare(binary(0, 1), binary(Float.NaN, 1))).isEqualTo(new Verdict.Compared(false, false, 0));
        assertThat(compare(binary(Float.POSITIVE_INFINITY, 1), binary(Float.NEGATIVE_INFINITY, 1)))
                .isInstanceOf(Verdict.Compared.class)
                .isNotEqualTo(SAME);
    }

    @Test
    void wholeNumbers_areComparedToTheLastBit_withoutTolerance() {
        var one = int64("[9007199254740993]");
        var other = int64("[9007199254740992]");
        assertThat(Comparison.of(one, other, 0, 10_000)).isEqualTo(new Verdict.Compared(false, false, 0));
        assertThat(compare(int64("[7]"), int64("[8]"))).isEqualTo(new Verdict.Compared(false, false, 1));
    }

    @Test
    void texts_areEqualOrNot() {
        String text = "{\"name\":\"y\",\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"cat\",\"%s\"]}";
        assertThat(compare(json(text.formatted("dog")), json(text.formatted("dog"))))
                .isEqualTo(SAME);
        assertThat(compare(json(text.formatted("dog")), json(text.formatted("cow"))))
                .isEqualTo(new Verdict.Compared(false, false, 0));
    }

    @Test
    void otherOutputs_areMismatched() {
        var expected = fp32("[1,2]", "[1,2]");
        assertThat(compare(expected, fp32("[2,1]", "[1,2]"))).isEqualTo(new Verdict.Mismatched());
        assertThat(compare(expected, json("{\"name\":\"y\",\"datatype\":\"FP64\",\"shape\":[1,2],\"data\":[1,2]}")))
                .isEqualTo(new Verdict.Mismatched());
        assertThat(compare(expected, json("{\"name\":\"z\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[1,2]}")))
                .isEqualTo(new Verdict.Mismatched());
        assertThat(compare(expected, json(""))).isEqualTo(new Verdict.Mismatched());
        assertThat(compare(expected, new Answer(MultiMap.caseInsensitiveMultiMap(), Buffer.buffer("hello"), 1)))
                .isEqualTo(new Verdict.Mismatched());
    }

    @Test
    void answerOfAnotherProtocol_isNotCompared() {
        var other = new Answer(MultiMap.caseInsensitiveMultiMap(), Buffer.buffer("{\"object\":\"list\"}"), 1);
        assertThat(compare(other, fp32("[1]", "[1]"))).isEqualTo(new Verdict.Dropped());
    }

    @Test
    void compressedAnswers_areInflated_upToTheBound() throws IOException {
        var answer = fp32("[1,2]", "[0.25,0.75]");
        var bytes = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(answer.body().getBytes());
        }
        var packed = new Answer(
                MultiMap.caseInsensitiveMultiMap().add("Content-Encoding", "gzip"),
                Buffer.buffer(bytes.toByteArray()),
                1);
        assertThat(compare(packed, answer)).isEqualTo(SAME);
        assertThat(Comparison.of(packed, answer, 0, 20)).isEqualTo(new Verdict.Dropped());
    }
}
