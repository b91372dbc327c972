package io.presage.worker.engine.onnx.quantize;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An initializer of the graph.
///
/// @param field the whole field of the graph, tag included
/// @param message its TensorProto
/// @param values raw little-endian values; null where they lie in typed fields that are not plain bytes
/// @param isExternal whether the values lie in a file of their own
record Constant(
        String name,
        List<Long> dims,
        int dataType,
        MemorySegment field,
        MemorySegment message,
        @Nullable MemorySegment values,
        boolean isExternal) {
    static final int FLOAT = 1;

    Constant {
        dims = List.copyOf(dims);
    }

    /// True for an FP32 matrix whose values are all there.
    boolean isMatrix() {
        return dataType == FLOAT
                && dims.size() == 2
                && values != null
                && dims.stream().allMatch(dim -> dim > 0 && dim <= Integer.MAX_VALUE)
                && values.byteSize() == Math.multiplyExact(dims.get(0) * dims.get(1), (long) Float.BYTES);
    }

    int rows() {
        return dims.get(0).intValue();
    }

    int columns() {
        return dims.get(1).intValue();
    }
}
