package io.presage.worker.batching;

import io.presage.contract.infer.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Puts the rows of several calls behind each other in direct memory that is reused, and takes outputs apart
/// again without a copy. For the owner thread alone.
final class BatchAssembly {
    private static final int KEPT_BYTES_MAX = 64 << 20;

    private @Nullable ByteBuffer[] memory = {};

    /// The inputs of all calls as one; valid until the next call of this method.
    List<Tensor> join(List<BatchCall> calls) {
        var first = calls.getFirst().prepared().inputs();
        if (memory.length < first.size()) {
            memory = new ByteBuffer[first.size()];
        }
        var joined = new ArrayList<Tensor>(first.size());
        for (int i = 0; i < first.size(); i++) {
            joined.add(join(calls, i));
        }
        return joined;
    }

    private Tensor join(List<BatchCall> calls, int input) {
        var first = calls.getFirst().prepared().inputs().get(input);
        long rows = 0;
        int bytes = 0;
        for (var call : calls) {
            var tensor = call.prepared().inputs().get(input);
            rows += tensor.shape().dim(0);
            // Groups are told apart by a hash: rows of another size would become somebody else's.
            if (!tensor.shape().withDim(0, 0).equals(first.shape().withDim(0, 0))) {
                throw new IllegalArgumentException("input " + tensor.name() + ": shape " + tensor.shape() + " beside "
                        + first.shape() + " (expected: equal beyond the rows)");
            }
            if (tensor instanceof Tensor.Fixed fixed) {
                bytes = Math.addExact(bytes, fixed.data().remaining());
            }
        }
        var shape = first.shape().withDim(0, rows);
        if (first instanceof Tensor.Bytes) {
            var elements = new ArrayList<byte[]>();
            for (var call : calls) {
                elements.addAll(((Tensor.Bytes) call.prepared().inputs().get(input)).elements());
            }
            return new Tensor.Bytes(first.name(), shape, elements);
        }
        var target = memory(input, bytes);
        int at = 0;
        for (var call : calls) {
            var data = ((Tensor.Fixed) call.prepared().inputs().get(input)).data();
            target.put(at, data, data.position(), data.remaining());
            at += data.remaining();
        }
        return new Tensor.Fixed(first.name(), first.dataType(), shape, target);
    }

    private ByteBuffer memory(int input, int bytes) {
        var kept = memory[input];
        if (kept == null || kept.capacity() < bytes) {
            kept = ByteBuffer.allocateDirect(Math.max(256, bytes)).order(ByteOrder.LITTLE_ENDIAN);
            memory[input] = bytes <= KEPT_BYTES_MAX ? kept : null;
        }
        return kept.slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// Rows [from, from + count) of the outputs of a batch of `rows` rows.
    ///
    /// @throws IllegalArgumentException when an output does not have `rows` rows
    static List<Tensor> rows(List<Tensor> outputs, int rows, int from, int count) {
        var part = new ArrayList<Tensor>(outputs.size());
        for (var output : outputs) {
            if (output.shape().rank() == 0 || output.shape().dim(0) != rows) {
                throw new IllegalArgumentException("output " + output.name() + ": shape " + output.shape() + " for "
                        + rows + " rows (expected: as many in its first dimension)");
            }
            var shape = output.shape().withDim(0, count);
            part.add(
                    switch (output) {
                        case Tensor.Bytes strings -> {
                            int each = strings.elements().size() / rows;
                            yield new Tensor.Bytes(
                                    strings.name(),
                                    shape,
                                    strings.elements().subList(from * each, (from + count) * each));
                        }
                        case Tensor.Fixed fixed -> {
                            int each = fixed.data().limit() / rows;
                            yield new Tensor.Fixed(
                                    fixed.name(),
                                    fixed.dataType(),
                                    shape,
                                    fixed.data()
                                            .slice(from * each, count * each)
                                            .order(ByteOrder.LITTLE_ENDIAN));
                        }
                    });
        }
        return part;
    }
}
