package io.presage.contract.infer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One predict call.
///
/// @param id the client's, echoed
/// @param outputs in the order asked for; empty means all, in the signature's order
/// @param binaryOutputs what `parameters.binary_data_output` said: the default for outputs that say nothing
///     themselves
public record InferRequest(
        @Nullable String id, List<Tensor> inputs, List<RequestedOutput> outputs, boolean binaryOutputs) {
    public InferRequest {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /// An output that the client asked for by name.
    ///
    /// @param binary null when the output says nothing itself
    public record RequestedOutput(String name, @Nullable Boolean binary) {}

    /// True when output `name` is to travel as binary.
    public boolean wantsBinary(String name) {
        for (var output : outputs) {
            if (output.name().equals(name) && output.binary() != null) {
                return output.binary();
            }
        }
        return binaryOutputs;
    }
}
