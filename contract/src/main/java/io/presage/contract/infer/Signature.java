package io.presage.contract.infer;

import java.util.List;

/// What a version takes and gives, as clients see it.
///
/// @param batchable true when axis 0 of every input and output counts rows that do not influence each other
public record Signature(List<TensorSpec> inputs, List<TensorSpec> outputs, boolean batchable) {
    public Signature {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }
}
