package io.presage.worker.batching;

import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Puts the rows of several calls behind each other in direct memory that is reused, and takes outputs apart
/// again without a copy. Each run thread has one, for whatever it runs. One thread.
final class BatchAssembly {
    private static final int KEPT_BYTES_MAX = 64 << 20;
    private static final byte[] ZEROS = new byte[4096];
    /// Where shorter rows are made as long as the longest.
    private static final int PADDED_AXIS = 1;

    private @Nullable ByteBuffer[] memory = {};

    /// The inputs of all calls as one; valid until the next call of this method.
    List<Tensor> join(List<BatchCall> calls) {
        var first = calls.getFirst().prepared().inputs();
        if (memory.length < first.size()) {
            memory = new ByteBuffer[first.size()];
        }
        int rows = 0;
        int length = 0;
        for (var call : calls) {
            rows += call.rows();
            length = Math.max(length, call.length());
        }
        var joined = new ArrayList<Tensor>(first.size());
        for (int i = 0; i < first.size(); i++) {
            joined.add(join(calls, i, rows, length));
        }
        return joined;
    }

    /// `length`: of the longest row; 0 when rows are not padded.
    private Tensor join(List<BatchCall> calls, int input, int rows, int length) {
        var first = calls.getFirst().prepared().inputs().get(input);
        for (var call : calls) {
            check(call, input, first);
        }
        var shape = first.shape().withDim(0, rows);
        if (first instanceof Tensor.Bytes) {
            var elements = new ArrayList<byte[]>();
            for (var call : calls) {
                elements.addAll(((Tensor.Bytes) call.prepared().inputs().get(input)).elements());
            }
            return new Tensor.Bytes(first.name(), shape, elements);
        }
        int bytes = 0;
        for (var call : calls) {
            bytes = Math.addExact(bytes, paddedBytes(call, input, length));
        }
        var target = memory(input, bytes);
        int at = 0;
        for (var call : calls) {
            var data = ((Tensor.Fixed) call.prepared().inputs().get(input)).data();
            int padded = paddedBytes(call, input, length);
            if (padded == data.remaining()) {
                target.put(at, data, data.position(), padded);
            } else {
                putPadded(target, at, data, call.rows(), padded / call.rows());
            }
            at += padded;
        }
        var longest = length == 0 ? shape : shape.withDim(PADDED_AXIS, length);
        return new Tensor.Fixed(first.name(), first.dataType(), longest, target);
    }

    /// Groups are told apart by a hash: rows of another size would become somebody else's.
    private static void check(BatchCall call, int input, Tensor first) {
        var tensor = call.prepared().inputs().get(input);
        int length = call.length();
        var fits = isSameBeyond(length == 0 ? 1 : 2, tensor.shape(), first.shape())
                && tensor.shape().dim(0) == call.rows()
                && (length == 0
                        || (tensor instanceof Tensor.Fixed && tensor.shape().dim(PADDED_AXIS) == length));
        if (!fits) {
            throw new IllegalArgumentException("input " + tensor.name() + ": shape " + tensor.shape() + " of "
                    + call.rows() + " rows beside " + first.shape() + " (expected: equal beyond the rows)");
        }
    }

    private static boolean isSameBeyond(int axes, Shape a, Shape b) {
        if (a.rank() != b.rank() || a.rank() < axes) {
            return false;
        }
        for (int axis = axes; axis < a.rank(); axis++) {
            if (a.dim(axis) != b.dim(axis)) {
                return false;
            }
        }
        return true;
    }

    private static int paddedBytes(BatchCall call, int input, int length) {
        int bytes = ((Tensor.Fixed) call.prepared().inputs().get(input)).data().remaining();
        return call.length() == length
                ? bytes
                : Math.toIntExact(Math.multiplyExact((long) bytes / call.length(), length));
    }

    private static void putPadded(ByteBuffer target, int at, ByteBuffer data, int rows, int paddedRow) {
        int row = data.remaining() / rows;
        for (int i = 0; i < rows; i++) {
            int end = at + i * paddedRow + row;
            target.put(end - row, data, data.position() + i * row, row);
            int zeros = paddedRow - row;
            while (zeros > 0) {
                int some = Math.min(zeros, ZEROS.length);
                target.put(end, ZEROS, 0, some);
                end += some;
                zeros -= some;
            }
        }
    }

    private ByteBuffer memory(int input, int bytes) {
        var kept = memory[input];
        if (kept == null || kept.capacity() < bytes) {
            kept = ByteBuffer.allocateDirect(Math.max(256, bytes)).order(ByteOrder.LITTLE_ENDIAN);
            memory[input] = bytes <= KEPT_BYTES_MAX ? kept : null;
        }
        return kept.slice(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// @throws IllegalArgumentException when an output does not have `rows` rows
    static void checkRows(List<Tensor> outputs, int rows) {
        for (var output : outputs) {
            if (output.shape().rank() == 0 || output.shape().dim(0) != rows) {
                throw new IllegalArgumentException("output " + output.name() + ": shape " + output.shape() + " for "
                        + rows + " rows (expected: as many in its first dimension)");
            }
        }
    }

    /// Rows [from, from + count) of the outputs of a batch of `rows` rows.
    static List<Tensor> rows(List<Tensor> outputs, int rows, int from, int count) {
        var part = new ArrayList<Tensor>(outputs.size());
        for (var output : outputs) {
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
