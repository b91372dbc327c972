package io.presage.contract.state;

import org.jspecify.annotations.Nullable;

/// Outcome of making a sibling: exactly one of `derived` and `failure` is present.
public record DerivationResult(
        String workerId,
        @Nullable Derived derived,
        @Nullable Failure failure) {
    public DerivationResult {
        if ((derived == null) == (failure == null)) {
            throw new IllegalArgumentException("derivation result: expected exactly one of derived and failure");
        }
    }

    /// @param sha256 digest of the package that was sent
    /// @param weights matrices that became int8
    /// @param originalModelBytes the model file with its external data, unpacked
    /// @param derivedModelBytes the same of the sibling
    /// @param answers both models asked the same
    public record Derived(
            String sha256, int weights, long originalModelBytes, long derivedModelBytes, Answers answers) {}

    /// How far the sibling's answers are from the original's, over all numbers of all outputs.
    ///
    /// @param samples requests that both answered
    /// @param madeUp true when the package holds no samples and the requests were made up
    /// @param maxAbsDifference where only one of two numbers is finite they are `Double.MAX_VALUE` apart
    /// @param minCosine over the rows of all outputs with more than one number a row; null when there is none
    /// @param topClassChanged share of samples, 0..1, whose label or largest score is another; null when the
    ///     answers have no classes
    public record Answers(
            int samples,
            boolean madeUp,
            double maxAbsDifference,
            double meanAbsDifference,
            @Nullable Double minCosine,
            @Nullable Double topClassChanged) {}
}
