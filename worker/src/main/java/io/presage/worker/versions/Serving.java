package io.presage.worker.versions;

import io.presage.worker.engine.Device;

/// How a version is run here: what its configuration and its measured figures came to.
///
/// @param rowsMax rows of one batch; 0 when its calls are not batched
/// @param instances runs side by side
/// @param windowMicros longest wait for company; -1 = as long as it pays
public record Serving(int rowsMax, int instances, Device.Kind device, int windowMicros) {
    public Serving {
        if (rowsMax < 0 || instances < 1 || windowMicros < -1) {
            throw new IllegalArgumentException("serving: rowsMax " + rowsMax + ", instances " + instances
                    + ", windowMicros " + windowMicros + " (expected: at least 0, 1, -1)");
        }
    }
}
