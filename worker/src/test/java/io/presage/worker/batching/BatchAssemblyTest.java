package io.presage.worker.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.tasks.Task;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchAssemblyTest {
    private final BatchAssembly assembly = new BatchAssembly();

    private static BatchCall call(int rows, int width, boolean isPadded, int first) {
        var data = TensorAllocator.HEAP.allocate(rows * width * 4);
        for (int i = 0; i < rows * width; i++) {
            data.putInt(i * 4, first + i);
        }
        var input = new Tensor.Fixed("x", DataType.INT32, Shape.of(rows, width), data);
        return new BatchCall(
                new Task.Prepared(List.of(input), rows, 0, isPadded ? width : 0, 0, "none"),
                data.capacity(),
                Priority.NORMAL,
                0,
                1,
                new BatchCall.Answer() {
                    @Override
                    public void outputs(List<Tensor> outputs, BatchCall.Timing timing) {}

                    @Override
                    public void failed(ProblemException problem) {}
                });
    }

    private static int[] ints(Tensor tensor) {
        var values = new int[(int) tensor.shape().elementCount()];
        ((Tensor.Fixed) tensor).data().asIntBuffer().get(values);
        return values;
    }

    @Test
    void rows_lieBehindEachOther() {
        var joined = assembly.join(List.of(call(1, 2, false, 1), call(2, 2, false, 10)));
        assertThat(joined.getFirst().shape()).isEqualTo(Shape.of(3, 2));
        assertThat(ints(joined.getFirst())).containsExactly(1, 2, 10, 11, 12, 13);
    }

    @Test
    void shorterRows_arePaddedWithZeros_whateverWasThereBefore() {
        assembly.join(List.of(call(3, 3, false, 50), call(3, 3, false, 60)));
        var joined = assembly.join(List.of(call(2, 1, true, 1), call(1, 3, true, 10), call(1, 2, true, 20)));
        assertThat(joined.getFirst().shape()).isEqualTo(Shape.of(4, 3));
        assertThat(ints(joined.getFirst())).containsExactly(1, 0, 0, 2, 0, 0, 10, 11, 12, 20, 21, 0);
    }

    @Test
    void rowsOfAnotherWidth_areRefused() {
        assertThatThrownBy(() -> assembly.join(List.of(call(1, 2, false, 1), call(1, 3, false, 1))))
                .hasMessageContaining("shape [1, 3] of 1 rows beside [1, 2]");
    }

    @Test
    void outputs_areTakenApart_ifTheyHaveAllRows() {
        var outputs = assembly.join(List.of(call(1, 2, false, 1), call(2, 2, false, 10)));
        assertThat(ints(BatchAssembly.rows(outputs, 3, 1, 2).getFirst())).containsExactly(10, 11, 12, 13);
        assertThatThrownBy(() -> BatchAssembly.checkRows(outputs, 2)).hasMessageContaining("for 2 rows");
    }
}
