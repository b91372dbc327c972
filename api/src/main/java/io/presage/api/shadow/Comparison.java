package io.presage.api.shadow;

import io.presage.contract.infer.InferResponse;
import io.presage.contract.infer.InferResponseReader;
import io.presage.contract.infer.Tensor;
import io.presage.contract.problem.ProblemException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Compares two answers to one request. Pure.
final class Comparison {
    private final double tolerance;
    private boolean isSame = true;
    private boolean topChanged;
    private double differenceMax;

    private Comparison(double tolerance) {
        this.tolerance = tolerance;
    }

    /// Numbers are alike when they differ by at most `tolerance` times the greater of 1 and the larger of them,
    /// so that
    /// it bounds the absolute difference of small numbers and the relative one of large numbers.
    static Verdict of(Answer answered, Answer shadow, double tolerance, int bytesMax) {
        var expected = read(answered, bytesMax);
        if (expected.isEmpty()) {
            return new Verdict.Dropped();
        }
        return read(shadow, bytesMax)
                .map(found -> new Comparison(tolerance).compare(expected.get(), found))
                .orElseGet(Verdict.Mismatched::new);
    }

    private static Optional<InferResponse> read(Answer answer, int bytesMax) {
        try {
            return answer.plain(bytesMax).map(body -> InferResponseReader.read(body, answer.jsonLength()));
        } catch (ProblemException _) {
            // Not an answer as OIP has it: nothing that could be compared.
            return Optional.empty();
        }
    }

    private Verdict compare(InferResponse expected, InferResponse found) {
        Map<String, Tensor> byName = HashMap.newHashMap(found.outputs().size());
        found.outputs().forEach(tensor -> byName.put(tensor.name(), tensor));
        if (expected.outputs().size() != byName.size()) {
            return new Verdict.Mismatched();
        }
        for (var tensor : expected.outputs()) {
            var other = byName.get(tensor.name());
            if (other == null
                    || other.dataType() != tensor.dataType()
                    || !other.shape().equals(tensor.shape())) {
                return new Verdict.Mismatched();
            }
            compare(tensor, other);
        }
        return new Verdict.Compared(isSame, topChanged, differenceMax);
    }

    private void compare(Tensor expected, Tensor found) {
        switch (expected) {
            case Tensor.Bytes(var _, var _, var elements) -> {
                if (found instanceof Tensor.Bytes(var _, var _, var others)) {
                    for (int i = 0; i < elements.size(); i++) {
                        isSame &= Arrays.equals(elements.get(i), others.get(i));
                    }
                }
            }
            case Tensor.Fixed fixed -> {
                if (found instanceof Tensor.Fixed other) {
                    compareNumbers(fixed, other);
                }
            }
        }
    }

    private void compareNumbers(Tensor.Fixed expected, Tensor.Fixed found) {
        int count = (int) expected.shape().elementCount();
        int rank = expected.shape().rank();
        int row = rank < 2 ? 1 : Math.max(1, (int) expected.shape().dim(rank - 1));
        boolean isFloating = isFloating(expected);
        int top = 0;
        int otherTop = 0;
        for (int i = 0; i < count; i++) {
            double a = number(expected, i);
            double b = number(found, i);
            compareNumbers(a, b, isFloating || exact(expected, i) == exact(found, i));
            if (i % row == 0) {
                top = i;
                otherTop = i;
            } else {
                top = isAbove(a, number(expected, top)) ? i : top;
                otherTop = isAbove(b, number(found, otherTop)) ? i : otherTop;
            }
            if (row > 1 && isFloating && i % row == row - 1) {
                topChanged |= top != otherTop;
            }
        }
    }

    /// What is not a number is below all that are.
    private static boolean isAbove(double number, double top) {
        return number > top || Double.isNaN(top);
    }

    /// Whole numbers that differ only beyond a double's 53 bits are not equal either.
    private void compareNumbers(double a, double b, boolean isExact) {
        double difference = Math.abs(a - b);
        if (Double.compare(a, b) == 0 || difference == 0) {
            isSame &= isExact || tolerance > 0;
        } else if (Double.isFinite(difference)) {
            differenceMax = Math.max(differenceMax, difference);
            isSame &= difference <= tolerance * Math.max(1, Math.max(Math.abs(a), Math.abs(b)));
        } else {
            isSame = false;
        }
    }

    private static boolean isFloating(Tensor.Fixed tensor) {
        return switch (tensor.dataType()) {
            case FP16, FP32, FP64, BF16 -> true;
            case BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, BYTES -> false;
        };
    }

    private static long exact(Tensor.Fixed tensor, int i) {
        return switch (tensor.dataType()) {
            case INT64, UINT64 -> tensor.data().getLong(i * 8);
            default -> (long) number(tensor, i);
        };
    }

    private static double number(Tensor.Fixed tensor, int i) {
        ByteBuffer data = tensor.data();
        return switch (tensor.dataType()) {
            case BOOL, UINT8 -> data.get(i) & 0xFF;
            case INT8 -> data.get(i);
            case UINT16 -> data.getShort(i * 2) & 0xFFFF;
            case INT16 -> data.getShort(i * 2);
            case UINT32 -> Integer.toUnsignedLong(data.getInt(i * 4));
            case INT32 -> data.getInt(i * 4);
            case INT64 -> data.getLong(i * 8);
            case UINT64 -> unsigned(data.getLong(i * 8));
            case FP16 -> Float.float16ToFloat(data.getShort(i * 2));
            case BF16 -> Float.intBitsToFloat(data.getShort(i * 2) << 16);
            case FP32 -> data.getFloat(i * 4);
            case FP64 -> data.getDouble(i * 8);
            case BYTES -> throw new IllegalStateException("BYTES of fixed size. This is a bug.");
        };
    }

    private static double unsigned(long bits) {
        return bits >= 0 ? bits : (bits >>> 1 | bits & 1) * 2.0;
    }
}
