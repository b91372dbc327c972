package io.presage.worker.tasks;

import io.presage.contract.infer.Signature;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.util.List;

/// `tensor`: clients speak the model's own tensors.
final class TensorTask implements Task {
    private static final Object NOTHING = new Object();

    private final Signature signature;
    private final boolean isEachRowAlike;

    TensorTask(Signature signature) {
        this.signature = signature;
        this.isEachRowAlike = signature.inputs().stream()
                .allMatch(input -> input.shape().stream()
                        .skip(signature.batchable() ? 1 : 0)
                        .allMatch(size -> size >= 0));
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public boolean isLight() {
        return true;
    }

    @Override
    public Prepared prepare(List<Tensor> inputs) {
        long groupKey = 0;
        for (Tensor input : inputs) {
            for (int axis = 1; axis < input.shape().rank(); axis++) {
                groupKey = groupKey * 1_000_003 + input.shape().dim(axis);
            }
        }
        int rows = signature.batchable() ? rows(inputs) : 1;
        return new Prepared(inputs, rows, groupKey, 0, 0, unitsPerRow(inputs), NOTHING);
    }

    /// The largest product of an input's dimensions that calls may choose, rows aside: a model that takes 16 or 64
    /// tokens costs about as many times more for the longer row.
    private int unitsPerRow(List<Tensor> inputs) {
        if (isEachRowAlike) {
            return 1;
        }
        int most = 1;
        for (int i = 0; i < inputs.size(); i++) {
            var declared = signature.inputs().get(i).shape();
            var shape = inputs.get(i).shape();
            long units = 1;
            for (int axis = signature.batchable() ? 1 : 0; axis < shape.rank(); axis++) {
                units *= declared.get(axis) < 0 ? Math.clamp(shape.dim(axis), 1, Integer.MAX_VALUE) : 1;
                units = Math.min(units, Integer.MAX_VALUE);
            }
            most = Math.max(most, (int) units);
        }
        return most;
    }

    private static int rows(List<Tensor> inputs) {
        Tensor first = inputs.getFirst();
        long rows = first.shape().dim(0);
        if (rows < 1 || rows > Integer.MAX_VALUE) {
            throw new ProblemException(
                    Problem.INVALID_TENSOR,
                    "input %s: %d rows in shape %s (expected: at least 1)"
                            .formatted(first.name(), rows, first.shape()));
        }
        for (Tensor input : inputs) {
            if (input.shape().dim(0) != rows) {
                throw new ProblemException(
                        Problem.INVALID_TENSOR,
                        "input %s: %d rows in shape %s (expected: %d, as in input %s)"
                                .formatted(input.name(), input.shape().dim(0), input.shape(), rows, first.name()));
            }
        }
        return (int) rows;
    }

    @Override
    public List<Tensor> finish(Prepared prepared, List<Tensor> outputs) {
        return outputs;
    }
}
