package io.presage.contract.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignatureCheckTest {
    private static final Signature TWO = new Signature(
            List.of(
                    new TensorSpec("a", DataType.INT8, Shape.of(-1, 2)),
                    new TensorSpec("b", DataType.BYTES, Shape.of(-1))),
            List.of(new TensorSpec("y", DataType.INT8, Shape.of(-1)), new TensorSpec("z", DataType.INT8, Shape.of(-1))),
            true);

    private static Tensor a(int rows, int columns) {
        return new Tensor.Fixed(
                "a", DataType.INT8, Shape.of(rows, columns), TensorAllocator.HEAP.allocate(rows * columns));
    }

    private static Tensor texts(String name, int rows) {
        return new Tensor.Bytes(name, Shape.of(rows), java.util.Collections.nCopies(rows, new byte[0]));
    }

    private static void assertRefused(List<Tensor> inputs, String detail) {
        var refusal = catchThrowableOfType(ProblemException.class, () -> SignatureCheck.check(TWO, inputs));
        assertThat(refusal).isNotNull();
        assertThat(refusal.problem()).isEqualTo(Problem.INVALID_TENSOR);
        assertThat(refusal.detail()).isEqualTo(detail);
    }

    @Test
    void inputsComeInTheSignaturesOrder() {
        assertThat(SignatureCheck.check(TWO, List.of(texts("b", 3), a(3, 2))))
                .extracting(Tensor::name)
                .containsExactly("a", "b");
    }

    @Test
    void whatDoesNotFitIsNamed() {
        assertRefused(List.of(a(1, 2)), "input 'b': missing (expected: BYTES [-1])");
        assertRefused(List.of(a(1, 2), texts("b", 1), texts("c", 1)), "input 'c': unknown (expected: [a, b])");
        assertRefused(List.of(a(1, 2), texts("b", 1), texts("b", 1)), "3 inputs (expected: one each of [a, b])");
        assertRefused(List.of(texts("a", 1), texts("b", 1)), "input 'a': datatype BYTES (expected: INT8)");
        assertRefused(List.of(a(1, 3), texts("b", 1)), "input 'a': shape [1, 3] (expected: [-1, 2], -1 is any)");
        assertRefused(List.of(a(2, 2), texts("b", 1)), "input 'b': 1 rows (expected: 2 as in input 'a')");
        assertRefused(List.of(a(0, 2), texts("b", 0)), "input 'a': 0 rows (expected: at least 1)");
    }

    @Test
    void rowsMayDifferWhenNotBatchable() {
        var loose = new Signature(TWO.inputs(), TWO.outputs(), false);
        assertThat(SignatureCheck.check(loose, List.of(a(2, 2), texts("b", 1)))).hasSize(2);
    }

    @Test
    void outputsAreSelectedInTheOrderAskedFor() {
        var outputs = List.of(texts("y", 1), texts("z", 1));
        var asked = List.of(new InferRequest.RequestedOutput("z", null), new InferRequest.RequestedOutput("y", null));
        SignatureCheck.checkOutputs(TWO, asked);
        assertThat(SignatureCheck.select(asked, outputs))
                .extracting(Tensor::name)
                .containsExactly("z", "y");
        assertThat(SignatureCheck.select(List.of(), outputs)).isEqualTo(outputs);
    }

    @Test
    void unknownOutputIsNamed() {
        var asked = List.of(new InferRequest.RequestedOutput("w", null));
        assertThat(catchThrowableOfType(ProblemException.class, () -> SignatureCheck.checkOutputs(TWO, asked))
                        .detail())
                .isEqualTo("output 'w': unknown (expected: one of [y, z])");
    }
}
