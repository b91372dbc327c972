package io.presage.worker.engine.onnx.quantize;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/// An FP32 matrix as int8 with one scale for each of its vectors, symmetric: value = integer * scale.
///
/// Integers reach from -63 to 63. One bit more would be there, but processors with AVX2 and without VNNI add two
/// products of a uint8 and an int8 in 16 bits: 2 * 255 * 127 does not fit, 2 * 255 * 63 does (ONNX Runtime's
/// `reduce_range`). A sibling made on one machine is right on all.
///
/// @param transposed whether rows and columns change places
/// @param perRow whether a vector with one scale is a row of the result rather than a column of it
/// @param scales one for each vector
record Int8Matrix(MemorySegment values, int rows, int columns, boolean transposed, boolean perRow, float[] scales) {
    static final int INTEGER_MAX = 63;

    /// Null-free; empty where a value is not finite, for then no scale fits.
    static java.util.Optional<Int8Matrix> of(Constant matrix, boolean transposed, boolean perRow) {
        var values = matrix.values();
        if (values == null) {
            throw new IllegalStateException(matrix.name() + " is no matrix. This is a bug.");
        }
        int rows = matrix.rows();
        int columns = matrix.columns();
        // Vectors of the source: rows of the result are its columns when transposed.
        boolean bySourceRow = perRow != transposed;
        var largest = new float[bySourceRow ? rows : columns];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                float value = Math.abs(ModelFile.value(values, (long) r * columns + c));
                int vector = bySourceRow ? r : c;
                if (!(value <= Float.MAX_VALUE)) {
                    return java.util.Optional.empty();
                }
                largest[vector] = Math.max(largest[vector], value);
            }
        }
        for (int i = 0; i < largest.length; i++) {
            float scale = largest[i] / INTEGER_MAX;
            // All zeros, or so small that the division underflows: any scale does.
            largest[i] = scale >= Float.MIN_NORMAL ? scale : 1;
        }
        return java.util.Optional.of(new Int8Matrix(values, rows, columns, transposed, perRow, largest));
    }

    int resultRows() {
        return transposed ? columns : rows;
    }

    int resultColumns() {
        return transposed ? rows : columns;
    }

    long bytes() {
        return (long) rows * columns;
    }

    /// Row by row of the result.
    void writeIntegers(WritableByteChannel out) throws IOException {
        int width = resultColumns();
        var line = ByteBuffer.allocate(width);
        for (int r = 0; r < resultRows(); r++) {
            line.clear();
            for (int c = 0; c < width; c++) {
                long index = transposed ? (long) c * columns + r : (long) r * columns + c;
                line.put((byte) Math.clamp(
                        Math.round(ModelFile.value(values, index) / scales[perRow ? r : c]),
                        -INTEGER_MAX,
                        INTEGER_MAX));
            }
            Message.writeAll(out, line.flip());
        }
    }

    byte[] scaleBytes() {
        var bytes = ByteBuffer.allocate(scales.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(scales);
        return bytes.array();
    }
}
