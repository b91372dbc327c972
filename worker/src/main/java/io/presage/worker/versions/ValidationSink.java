package io.presage.worker.versions;

import io.presage.contract.state.ValidationResult;

/// Takes a validation's result to the registry, with retries. Returns at once; any thread.
@FunctionalInterface
public interface ValidationSink {
    void accept(String validationId, ValidationResult result);
}
