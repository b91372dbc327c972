package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Holds a request against a version's signature. Pure; any thread.
public final class SignatureCheck {
    /// The inputs in the signature's order, one for each.
    ///
    /// @throws ProblemException INVALID_TENSOR for a missing, unknown or doubled input, a wrong datatype or
    ///     shape, and for a batchable version when inputs differ in their rows or have none
    public static List<Tensor> check(Signature signature, List<Tensor> inputs) {
        var specs = signature.inputs();
        var ordered = new ArrayList<Tensor>(specs.size());
        for (var spec : specs) {
            var input = find(spec.name(), inputs);
            if (input == null) {
                throw invalid("input '" + spec.name() + "': missing (expected: " + spec.datatype() + " " + spec.shape()
                        + ")");
            }
            checkInput(spec, input);
            ordered.add(input);
        }
        if (inputs.size() != specs.size()) {
            throw unknownInput(signature, inputs);
        }
        if (signature.batchable()) {
            checkRows(ordered);
        }
        return ordered;
    }

    /// Holds the names of outputs that were asked for against the signature.
    ///
    /// @throws ProblemException INVALID_TENSOR for an output that the signature does not have
    public static void checkOutputs(Signature signature, List<InferRequest.RequestedOutput> outputs) {
        for (var output : outputs) {
            boolean isKnown =
                    signature.outputs().stream().anyMatch(spec -> spec.name().equals(output.name()));
            if (!isKnown) {
                throw invalid("output '" + TensorHead.shorten(output.name()) + "': unknown (expected: one of "
                        + names(signature.outputs()) + ")");
            }
        }
    }

    /// Of all `outputs` those that were asked for, in the order asked for; all of them when none was named.
    ///
    /// @throws ProblemException INVALID_TENSOR for one that is not there
    public static List<Tensor> select(List<InferRequest.RequestedOutput> requested, List<Tensor> outputs) {
        if (requested.isEmpty()) {
            return outputs;
        }
        var selected = new ArrayList<Tensor>(requested.size());
        for (var output : requested) {
            var tensor = find(output.name(), outputs);
            if (tensor == null) {
                throw invalid("output '" + TensorHead.shorten(output.name()) + "': unknown (expected: one of "
                        + outputs.stream().map(Tensor::name).toList() + ")");
            }
            selected.add(tensor);
        }
        return selected;
    }

    private static @Nullable Tensor find(String name, List<Tensor> tensors) {
        for (var tensor : tensors) {
            if (tensor.name().equals(name)) {
                return tensor;
            }
        }
        return null;
    }

    private static void checkInput(TensorSpec spec, Tensor input) {
        if (input.dataType() != spec.datatype()) {
            throw invalid("input '" + spec.name() + "': datatype " + input.dataType() + " (expected: " + spec.datatype()
                    + ")");
        }
        if (!fits(spec.shape(), input.shape())) {
            throw invalid("input '" + spec.name() + "': shape " + input.shape() + " (expected: " + spec.shape()
                    + (spec.shape().contains(-1L) ? ", -1 is any)" : ")"));
        }
    }

    private static boolean fits(List<Long> expected, Shape actual) {
        if (expected.size() != actual.rank()) {
            return false;
        }
        for (int axis = 0; axis < actual.rank(); axis++) {
            long dim = expected.get(axis);
            if (dim >= 0 && dim != actual.dim(axis)) {
                return false;
            }
        }
        return true;
    }

    private static void checkRows(List<Tensor> ordered) {
        if (ordered.isEmpty()) {
            return;
        }
        var first = ordered.getFirst();
        long rows = first.shape().dim(0);
        if (rows == 0) {
            throw invalid("input '" + first.name() + "': 0 rows (expected: at least 1)");
        }
        for (var input : ordered) {
            if (input.shape().dim(0) != rows) {
                throw invalid("input '" + input.name() + "': " + input.shape().dim(0) + " rows (expected: " + rows
                        + " as in input '" + first.name() + "')");
            }
        }
    }

    /// There are as many inputs as it takes, and one too many: find it.
    private static ProblemException unknownInput(Signature signature, List<Tensor> inputs) {
        for (int i = 0; i < inputs.size(); i++) {
            var name = inputs.get(i).name();
            boolean isKnown =
                    signature.inputs().stream().anyMatch(spec -> spec.name().equals(name));
            if (!isKnown) {
                return invalid("input '" + TensorHead.shorten(name) + "': unknown (expected: "
                        + names(signature.inputs()) + ")");
            }
        }
        return invalid(inputs.size() + " inputs (expected: one each of " + names(signature.inputs()) + ")");
    }

    private static List<String> names(List<TensorSpec> specs) {
        return specs.stream().map(TensorSpec::name).toList();
    }

    private static ProblemException invalid(String detail) {
        return new ProblemException(Problem.INVALID_TENSOR, detail);
    }

    private SignatureCheck() {}
}
