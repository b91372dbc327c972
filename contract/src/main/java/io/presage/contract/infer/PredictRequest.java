package io.presage.contract.infer;

import java.util.List;

/// A call to TensorFlow Serving's `:predict`.
///
/// @param byRows it came as `instances`, and the answer is `predictions`, one a row; else as `inputs`, and the
///     answer is `outputs`, whole tensors
public record PredictRequest(boolean byRows, List<Tensor> inputs) {
    public PredictRequest {
        inputs = List.copyOf(inputs);
    }
}
