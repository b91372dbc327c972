package io.presage.worker.derivation;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Tensor;
import io.presage.contract.state.DerivationResult;
import io.presage.worker.versions.SampleCheck;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How far the answers of two models are apart. Outputs of other shapes (fewer boxes, say) have no differences
/// of numbers, but count as another class. For one comparison; one thread.
final class AnswerComparison {
    private long numbers;
    private double sum;
    private double largest;
    private double minCosine = Double.POSITIVE_INFINITY;
    private boolean hasClasses;

    /// @param classes false where the largest number of a row means nothing, as in an embedding
    static DerivationResult.Answers compare(Answers original, Answers derived, boolean classes) {
        if (original.outputs().size() != derived.outputs().size()) {
            throw new IllegalStateException("both answer the same requests. This is a bug.");
        }
        var comparison = new AnswerComparison();
        int samples = original.outputs().size();
        int changed = 0;
        for (int i = 0; i < samples; i++) {
            boolean same = comparison.compare(
                    original.outputs().get(i), derived.outputs().get(i));
            changed += same ? 0 : 1;
        }
        return new DerivationResult.Answers(
                samples,
                original.madeUp(),
                comparison.largest,
                comparison.numbers == 0 ? 0 : comparison.sum / comparison.numbers,
                comparison.cosine(),
                classes && comparison.hasClasses ? (double) changed / samples : null);
    }

    private @Nullable Double cosine() {
        return Double.isInfinite(minCosine) ? null : minCosine;
    }

    /// True when labels and places of the largest numbers are the same.
    private boolean compare(List<Tensor> original, List<Tensor> derived) {
        boolean same = original.size() == derived.size();
        for (int i = 0; i < Math.min(original.size(), derived.size()); i++) {
            same &= compare(original.get(i), derived.get(i));
        }
        return same;
    }

    private boolean compare(Tensor original, Tensor derived) {
        if (!original.name().equals(derived.name())
                || original.dataType() != derived.dataType()
                || !original.shape().equals(derived.shape())) {
            hasClasses = true;
            return false;
        }
        if (original instanceof Tensor.Bytes texts && derived instanceof Tensor.Bytes others) {
            hasClasses = true;
            return areEqual(texts.elements(), others.elements());
        }
        if (original instanceof Tensor.Fixed numbersOf && derived instanceof Tensor.Fixed others) {
            return compareRows(numbersOf, others);
        }
        throw new IllegalStateException("one datatype, two kinds of tensors. This is a bug.");
    }

    private boolean compareRows(Tensor.Fixed original, Tensor.Fixed derived) {
        int count = (int) original.shape().elementCount();
        int rows = original.shape().rank() > 1 ? (int) original.shape().dim(0) : 1;
        if (count == 0) {
            return true;
        }
        int width = count / rows;
        boolean scores = original.shape().rank() == 2 && width > 1 && isFloating(original.dataType());
        hasClasses |= scores;
        boolean same = true;
        for (int row = 0; row < rows; row++) {
            same &= compareRow(original, derived, row * width, width);
        }
        return same || !scores;
    }

    /// True when the largest number is at the same place.
    private boolean compareRow(Tensor.Fixed original, Tensor.Fixed derived, int start, int width) {
        double dot = 0;
        double squares = 0;
        double otherSquares = 0;
        int top = start;
        int otherTop = start;
        for (int i = start; i < start + width; i++) {
            double a = SampleCheck.number(original, original.data(), i);
            double b = SampleCheck.number(derived, derived.data(), i);
            double difference = a == b || (Double.isNaN(a) && Double.isNaN(b)) ? 0 : Math.abs(a - b);
            difference = Double.isFinite(difference) ? difference : Double.MAX_VALUE;
            numbers++;
            sum = Math.min(Double.MAX_VALUE, sum + difference);
            largest = Math.max(largest, difference);
            dot += a * b;
            squares += a * a;
            otherSquares += b * b;
            top = a > SampleCheck.number(original, original.data(), top) ? i : top;
            otherTop = b > SampleCheck.number(derived, derived.data(), otherTop) ? i : otherTop;
        }
        double lengths = Math.sqrt(squares) * Math.sqrt(otherSquares);
        if (width > 1 && lengths > 0 && Double.isFinite(dot / lengths)) {
            minCosine = Math.min(minCosine, dot / lengths);
        }
        return top == otherTop;
    }

    private static boolean isFloating(DataType type) {
        return switch (type) {
            case FP16, BF16, FP32, FP64 -> true;
            case BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, BYTES -> false;
        };
    }

    private static boolean areEqual(List<byte[]> texts, List<byte[]> others) {
        for (int i = 0; i < texts.size(); i++) {
            if (!Arrays.equals(texts.get(i), others.get(i))) {
                return false;
            }
        }
        return true;
    }
}
