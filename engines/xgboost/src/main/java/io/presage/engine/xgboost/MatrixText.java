package io.presage.engine.xgboost;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/// The texts by which XGBoost is told of a matrix: NumPy's array interface, version 3, in JSON. Reused memory; one
/// thread.
final class MatrixText {
    private static final int TEXT_BYTES_MAX = 160;
    /// All trees, no margin, NaN is what is missing, and no dimension of size 1 after the rows.
    private static final String SETTINGS = "{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
            + "\"strict_shape\":false,\"cache_id\":0,\"missing\":NaN}";

    private final MemorySegment text;
    private final MemorySegment settings;
    private long address = -1;
    private long rows = -1;

    MatrixText(Arena arena) {
        this.text = arena.allocate(TEXT_BYTES_MAX);
        this.settings = arena.allocateFrom(SETTINGS);
    }

    MemorySegment settings() {
        return settings;
    }

    /// Of FP32 in rows, read only.
    MemorySegment of(long address, long rows, long columns) {
        if (address != this.address || rows != this.rows) {
            var json = "{\"data\":[" + address + ",true],\"shape\":[" + rows + "," + columns
                    + "],\"typestr\":\"<f4\",\"version\":3}";
            text.setString(0, json, StandardCharsets.US_ASCII);
            this.address = address;
            this.rows = rows;
        }
        return text;
    }
}
