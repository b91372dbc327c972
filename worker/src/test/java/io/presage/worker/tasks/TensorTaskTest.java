package io.presage.worker.tasks;

import static io.presage.worker.tasks.Rejection.messageOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorTaskTest {
    private final Signature signature = new Signature(
            List.of(
                    new TensorSpec("a", DataType.FP32, Shape.of(-1, -1)),
                    new TensorSpec("b", DataType.FP32, Shape.of(-1))),
            List.of(new TensorSpec("c", DataType.FP32, Shape.of(-1))),
            true);
    private final Task task = new TensorTask(signature);

    @Test
    void prepare_passesInputsAndCountsRows() {
        List<Tensor> inputs = List.of(floats("a", 2, 3), floats("b", 2));

        Task.Prepared prepared = task.prepare(inputs);

        assertThat(prepared.inputs()).isSameAs(inputs);
        assertThat(prepared.rows()).isEqualTo(2);
    }

    @Test
    void prepare_groupsByDimensionsBeyondTheFirst() {
        long key = task.prepare(List.of(floats("a", 2, 3), floats("b", 2))).groupKey();

        assertThat(task.prepare(List.of(floats("a", 5, 3), floats("b", 5))).groupKey())
                .isEqualTo(key);
        assertThat(task.prepare(List.of(floats("a", 2, 4), floats("b", 2))).groupKey())
                .isNotEqualTo(key);
    }

    @Test
    void prepare_countsWhatCallsChooseOfARow() {
        var texts = new TensorTask(new Signature(
                List.of(
                        new TensorSpec("ids", DataType.FP32, Shape.of(-1, -1)),
                        new TensorSpec("grid", DataType.FP32, Shape.of(-1, 3, -1, -1))),
                signature.outputs(),
                true));

        assertThat(texts.prepare(List.of(floats("ids", 2, 64), floats("grid", 2, 3, 4, 5)))
                        .unitsPerRow())
                .isEqualTo(64);
        assertThat(texts.prepare(List.of(floats("ids", 2, 16), floats("grid", 2, 3, 4, 5)))
                        .unitsPerRow())
                .isEqualTo(20);
        var fixed = new TensorTask(
                new Signature(List.of(new TensorSpec("a", DataType.FP32, Shape.of(-1, 3))), signature.outputs(), true));
        assertThat(fixed.prepare(List.of(floats("a", 2, 3))).unitsPerRow()).isEqualTo(1);
    }

    @Test
    void prepare_notBatchable_isOneRow() {
        Task whole = new TensorTask(new Signature(signature.inputs(), signature.outputs(), false));

        assertThat(whole.prepare(List.of(floats("a", 2, 3), floats("b", 7))).rows())
                .isEqualTo(1);
    }

    @Test
    void prepare_rowsDiffer_isRefused() {
        messageOf(() -> task.prepare(List.of(floats("a", 2, 3), floats("b", 4))))
                .isEqualTo("input b: 4 rows in shape [4] (expected: 2, as in input a)");
    }

    @Test
    void prepare_noRows_isRefused() {
        messageOf(() -> task.prepare(List.of(floats("a", 0, 3), floats("b", 0))))
                .isEqualTo("input a: 0 rows in shape [0, 3] (expected: at least 1)");
    }

    @Test
    void finish_givesTheModelsOwnOutputs() {
        Tensor.Fixed output = Numbers.floats("c", Shape.of(2), new float[] {1, 2});
        Task.Prepared prepared = task.prepare(List.of(floats("a", 2, 3), floats("b", 2)));

        assertThat(task.finish(prepared, List.of(output))).containsExactly(output);
    }

    private static Tensor floats(String name, long... dims) {
        Shape shape = Shape.of(dims);
        return Numbers.floats(name, shape, new float[(int) shape.elementCount()]);
    }
}
