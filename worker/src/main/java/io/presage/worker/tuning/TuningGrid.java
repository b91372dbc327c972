package io.presage.worker.tuning;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// What is worth measuring. Pure.
///
/// @param cores of the device
/// @param intraOpThreads pinned, or 0
/// @param instances pinned, or 0
/// @param rowsMax the most rows of a batch that are allowed; 1 for models that take one
record TuningGrid(int cores, int intraOpThreads, int instances, int rowsMax) {
    private static final int ROWS_MAX = 32;

    /// One thread or all for a run, one run or one for each core; never more threads than cores, unless they are
    /// pinned so.
    List<Setting> settings() {
        var settings = new ArrayList<Setting>();
        for (int threads : choices(intraOpThreads)) {
            for (int runs : choices(instances)) {
                if (runs == 1 || runs == instances || (long) threads * runs <= cores) {
                    settings.add(new Setting(threads, runs));
                }
            }
        }
        return settings;
    }

    private TreeSet<Integer> choices(int pinned) {
        return pinned > 0 ? new TreeSet<>(List.of(pinned)) : new TreeSet<>(List.of(1, Math.max(1, cores)));
    }

    /// 1, 2, 4, 8, 16, 32, up to `rowsMax`, which counts itself when it lies between.
    List<Integer> rows() {
        var rows = new TreeSet<Integer>();
        for (int n = 1; n <= Math.min(ROWS_MAX, rowsMax); n *= 2) {
            rows.add(n);
        }
        rows.add(Math.min(ROWS_MAX, rowsMax));
        return List.copyOf(rows);
    }
}
