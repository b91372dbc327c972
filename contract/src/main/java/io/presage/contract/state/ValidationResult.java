package io.presage.contract.state;

import io.presage.contract.infer.Signature;
import org.jspecify.annotations.Nullable;

/// Outcome of a validation: exactly one of `profile` and `failure` is present.
public record ValidationResult(
        String workerId,
        @Nullable Profile profile,
        @Nullable Failure failure) {
    public ValidationResult {
        if ((profile == null) == (failure == null)) {
            throw new IllegalArgumentException("validation result: expected exactly one of profile and failure");
        }
    }

    /// What was measured on the validating worker.
    ///
    /// @param task as in `model.yaml`
    /// @param engine `onnxruntime`, ...
    /// @param signature what clients send and get
    /// @param memoryBytes resident after load
    /// @param loadMillis from the unpacked file to the first answer
    /// @param samplesChecked sample requests whose answers were compared; 0 when the package holds none
    /// @param millisPerRow `a` and
    /// @param millisPerCall `b` of milliseconds = a * rows + b
    /// @param tuning the best setting on this device class; null when none was measured
    public record Profile(
            String task,
            String engine,
            String format,
            String device,
            Signature signature,
            long memoryBytes,
            double loadMillis,
            int samplesChecked,
            double millisPerRow,
            double millisPerCall,
            @Nullable Tuning tuning) {}
}
