package io.presage.worker.tuning;

import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import io.presage.contract.infer.TensorAllocator;
import io.presage.worker.tasks.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Batches made of the samples' own rows, one behind the other, over again when there are not enough. Pure.
final class JoinedRows {
    private JoinedRows() {}

    /// `rows` rows; all of `samples` are of one group.
    static List<Tensor> of(List<Task.Prepared> samples, int rows) {
        var first = samples.getFirst().inputs();
        var joined = new ArrayList<Tensor>(first.size());
        for (int input = 0; input < first.size(); input++) {
            int at = input;
            joined.add(
                    join(samples.stream().map(sample -> sample.inputs().get(at)).toList(), rows));
        }
        return joined;
    }

    private static Tensor join(List<Tensor> tensors, int rows) {
        var first = tensors.getFirst();
        var shape = first.shape().withDim(0, rows);
        if (first instanceof Tensor.Bytes) {
            var elements = new ArrayList<byte[]>();
            int all = Math.toIntExact(shape.elementCount());
            for (int i = 0; elements.size() < all; i = (i + 1) % tensors.size()) {
                var more = ((Tensor.Bytes) tensors.get(i)).elements();
                elements.addAll(more.subList(0, Math.min(more.size(), all - elements.size())));
            }
            return new Tensor.Bytes(first.name(), shape, elements);
        }
        var fixed = (Tensor.Fixed) first;
        var target = TensorAllocator.DIRECT.allocate(Math.toIntExact(
                Math.multiplyExact(shape.elementCount(), fixed.dataType().byteSize())));
        int at = 0;
        for (int i = 0; at < target.capacity(); i = (i + 1) % tensors.size()) {
            var data = ((Tensor.Fixed) tensors.get(i)).data();
            int bytes = Math.min(data.remaining(), target.capacity() - at);
            target.put(at, data, data.position(), bytes);
            at += bytes;
        }
        return new Tensor.Fixed(first.name(), fixed.dataType(), shape, target);
    }

    /// Of the inputs of `rows` rows.
    static double bytes(Task.Prepared sample, int rows) {
        double bytes = 0;
        for (var input : sample.inputs()) {
            bytes += switch (input) {
                case Tensor.Fixed fixed -> fixed.data().remaining();
                case Tensor.Bytes strings ->
                    strings.elements().stream()
                            .mapToLong(element -> element.length)
                            .sum();
            };
        }
        return bytes / Math.max(1, sample.rows()) * rows;
    }

    /// The samples that can share a batch with the one of the middle length.
    static List<Task.Prepared> typical(List<Task.Prepared> samples) {
        var byLength = samples.toArray(Task.Prepared[]::new);
        Arrays.sort(byLength, Comparator.comparingInt(Task.Prepared::unitsPerRow));
        var middle = byLength[byLength.length / 2];
        return samples.stream()
                .filter(sample -> sample.groupKey() == middle.groupKey() && sample.length() == middle.length())
                .toList();
    }

    /// Equal beyond the rows. Groups hold texts of different lengths.
    private static boolean fits(Task.Prepared sample, Task.Prepared other) {
        for (int i = 0; i < sample.inputs().size(); i++) {
            if (!fits(sample.inputs().get(i).shape(), other.inputs().get(i).shape())) {
                return false;
            }
        }
        return true;
    }

    private static boolean fits(Shape shape, Shape other) {
        return shape.rank() == other.rank()
                && (shape.rank() == 0 || shape.withDim(0, 0).equals(other.withDim(0, 0)));
    }
}
