package io.presage.contract.state;

/// The setting that was measured best for a version on one class of device, with the cost line that goes with
/// it: milliseconds of a run = `millisPerUnit` * units + `millisPerCall`. A unit is a row, or a token for tasks
/// that pad texts. A worker of another device class does not use it.
///
/// @param deviceClass what the figures hold for, e.g. `cpu:x86_64:2` or `cuda:NVIDIA H200`
/// @param intraOpThreads threads of one run
/// @param instances runs side by side
/// @param rowsMax rows of one batch above which more company does not pay
public record Tuning(
        String deviceClass,
        int intraOpThreads,
        int instances,
        int rowsMax,
        double millisPerUnit,
        double millisPerCall) {
    public Tuning {
        if (intraOpThreads < 1 || instances < 1 || rowsMax < 1 || millisPerUnit < 0 || millisPerCall < 0) {
            throw new IllegalArgumentException("tuning: intraOpThreads " + intraOpThreads + ", instances " + instances
                    + ", rowsMax " + rowsMax + ", millisPerUnit " + millisPerUnit + ", millisPerCall "
                    + millisPerCall + " (expected: at least 1, 1, 1, 0, 0)");
        }
    }
}
