package io.presage.worker.derivation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.state.DerivationResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerComparisonTest {
    private static Tensor floats(Shape shape, float... values) {
        var data = TensorAllocator.HEAP.allocate(values.length * Float.BYTES);
        for (int i = 0; i < values.length; i++) {
            data.putFloat(i * Float.BYTES, values[i]);
        }
        return new Tensor.Fixed("y", DataType.FP32, shape, data);
    }

    private static Tensor text(String... values) {
        return new Tensor.Bytes(
                "label",
                Shape.of(values.length),
                Arrays.stream(values)
                        .map(value -> value.getBytes(StandardCharsets.UTF_8))
                        .toList());
    }

    private static Answers answers(Tensor... eachOfASample) {
        return new Answers(Arrays.stream(eachOfASample).map(List::of).toList(), false);
    }

    private static DerivationResult.Answers compare(Answers original, Answers derived) {
        return AnswerComparison.compare(original, derived, true);
    }

    @Test
    void differences_areOverAllNumbers_andTheCosineIsTheWorstRows() {
        var compared =
                compare(answers(floats(Shape.of(2, 2), 1, 0, 3, 4)), answers(floats(Shape.of(2, 2), 0.5f, 0.5f, 3, 4)));
        assertThat(compared.samples()).isEqualTo(1);
        assertThat(compared.maxAbsDifference()).isEqualTo(0.5);
        assertThat(compared.meanAbsDifference()).isEqualTo(0.25);
        assertThat(compared.minCosine()).isCloseTo(Math.sqrt(0.5), within(1e-9));
        assertThat(compared.topClassChanged()).isEqualTo(0);
    }

    @Test
    void topClass_isCountedBySample() {
        var original = answers(
                floats(Shape.of(1, 2), 1, 0), floats(Shape.of(1, 2), 1, 0), floats(Shape.of(1, 2), 1, 0), text("cat"));
        var derived = answers(
                floats(Shape.of(1, 2), 1, 0), floats(Shape.of(1, 2), 0, 1), floats(Shape.of(2, 1), 1, 0), text("dog"));
        assertThat(compare(original, derived).topClassChanged()).isEqualTo(0.75);
        assertThat(AnswerComparison.compare(original, derived, false).topClassChanged())
                .isNull();
    }

    @Test
    void plainNumbers_haveNeitherClassesNorDirection() {
        var compared = compare(answers(floats(Shape.of(1, 1), 2)), answers(floats(Shape.of(1, 1), 3)));
        assertThat(compared.minCosine()).isNull();
        assertThat(compared.topClassChanged()).isNull();
        assertThat(compared.maxAbsDifference()).isEqualTo(1);
    }

    @Test
    void nothingAtAll_isNoDifference() {
        var compared = compare(answers(floats(Shape.of(0, 4))), answers(floats(Shape.of(0, 4))));
        assertThat(compared.maxAbsDifference()).isZero();
        assertThat(compared.meanAbsDifference()).isZero();
    }

    @Test
    void whatIsNoNumber_isNearOnlyToItself() {
        float nan = Float.NaN;
        assertThat(compare(answers(floats(Shape.of(1), nan)), answers(floats(Shape.of(1), nan)))
                        .maxAbsDifference())
                .isZero();
        var far = compare(answers(floats(Shape.of(1, 2), 1, 2)), answers(floats(Shape.of(1, 2), nan, 2)));
        assertThat(far.maxAbsDifference()).isEqualTo(Double.MAX_VALUE);
        assertThat(far.meanAbsDifference()).isFinite();
        assertThat(far.minCosine()).isNull();
    }
}
