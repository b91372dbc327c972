package io.presage.contract.infer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Answer of a predict call.
public record InferResponse(
        String modelName, String modelVersion, @Nullable String id, List<Tensor> outputs) {
    public InferResponse {
        outputs = List.copyOf(outputs);
    }
}
