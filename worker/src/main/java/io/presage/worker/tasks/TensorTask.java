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

    TensorTask(Signature signature) {
        this.signature = signature;
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
        return new Prepared(inputs, signature.batchable() ? rows(inputs) : 1, groupKey, NOTHING);
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
