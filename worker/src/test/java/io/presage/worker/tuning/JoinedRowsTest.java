package io.presage.worker.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.worker.tasks.Task;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JoinedRowsTest {
    private static Task.Prepared sample(int... values) {
        var data = TensorAllocator.HEAP.allocate(values.length * 4);
        var strings = new ArrayList<byte[]>();
        for (int i = 0; i < values.length; i++) {
            data.putInt(i * 4, values[i]);
            strings.add(new byte[] {(byte) values[i]});
        }
        int rows = values.length / 2;
        return new Task.Prepared(
                List.of(
                        new Tensor.Fixed("x", DataType.INT32, Shape.of(rows, 2), data),
                        new Tensor.Bytes("s", Shape.of(rows, 2), strings)),
                rows,
                0,
                "");
    }

    private static List<Integer> ints(Tensor tensor) {
        var data = ((Tensor.Fixed) tensor).data();
        var ints = new ArrayList<Integer>();
        for (int i = 0; i < data.capacity(); i += 4) {
            ints.add(data.getInt(i));
        }
        return ints;
    }

    @Test
    void rows_areTheSamplesOwn_overAgain() {
        var samples = List.of(sample(1, 2, 3, 4), sample(5, 6));
        var five = JoinedRows.of(samples, 5);
        assertThat(five.getFirst().shape()).isEqualTo(Shape.of(5, 2));
        assertThat(ints(five.getFirst())).containsExactly(1, 2, 3, 4, 5, 6, 1, 2, 3, 4);
        assertThat(((Tensor.Bytes) five.get(1)).elements().stream().map(element -> (int) element[0]))
                .containsExactly(1, 2, 3, 4, 5, 6, 1, 2, 3, 4);
    }

    @Test
    void fewerRowsThanASample_areItsFirst() {
        var one = JoinedRows.of(List.of(sample(1, 2, 3, 4)), 1);
        assertThat(ints(one.getFirst())).containsExactly(1, 2);
        assertThat(((Tensor.Bytes) one.get(1)).elements()).hasSize(2);
    }

    @Test
    void typical_areThoseOfTheMiddlesShape() {
        var wide = new Task.Prepared(
                List.of(new Tensor.Bytes("x", Shape.of(1, 3), List.of(new byte[0], new byte[0], new byte[0]))),
                1,
                0,
                3,
                3,
                "");
        var narrow =
                new Task.Prepared(List.of(new Tensor.Bytes("x", Shape.of(1, 1), List.of(new byte[0]))), 1, 0, 1, 1, "");
        assertThat(JoinedRows.typical(List.of(wide, narrow, wide, wide)))
                .as("of one group, which is joined by padding in traffic")
                .containsExactly(wide, wide, wide);
    }

    @Test
    void bytes_countEveryInput() {
        assertThat(JoinedRows.bytes(sample(1, 2, 3, 4), 4)).isEqualTo(4 * (8 + 2));
    }
}
