package io.presage.worker.tasks;

import java.util.List;

/// A task whose rows are texts, the first input, and whose first output is a vector FP32 `[-1, dimensions]` for
/// each.
public interface EmbeddingTask extends Task {
    /// Of a vector.
    int dimensions();

    /// Texts of one [#prepare].
    int rowsMax();

    /// As [#prepare], for texts that the caller made into tokens: exactly what the model gets, with the special
    /// tokens that its tokenizer would have added.
    ///
    /// @throws io.presage.contract.problem.ProblemException INVALID_INPUT naming the row, what was found and
    ///     what was expected
    Prepared prepareTokens(List<int[]> texts);
}
