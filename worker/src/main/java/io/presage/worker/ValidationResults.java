package io.presage.worker;

import io.presage.contract.state.ValidationResult;
import io.presage.worker.versions.ValidationSink;
import org.jspecify.annotations.Nullable;

/// Closes the ring between the versions, which have results, and the feed, which needs the versions for its
/// reports.
final class ValidationResults implements ValidationSink {
    private volatile @Nullable ValidationSink target;

    void deliverTo(ValidationSink sink) {
        target = sink;
    }

    @Override
    public void accept(String validationId, ValidationResult result) {
        var sink = target;
        if (sink == null) {
            throw new IllegalStateException("a validation result before the feed was there. This is a bug.");
        }
        sink.accept(validationId, result);
    }
}
