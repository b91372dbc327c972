package io.presage.worker.versions;

import io.presage.contract.infer.InferResponse;
import io.presage.contract.infer.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Compares what a model answered with what its package says it should. Pure.
public final class SampleCheck {
    private SampleCheck() {}

    /// The first difference, in words; empty when there is none. Numbers may differ by `tolerance`, strings not
    /// at all; outputs that `expected` does not name are not compared.
    static Optional<String> difference(InferResponse expected, List<Tensor> actual, double tolerance) {
        for (var want : expected.outputs()) {
            var got = actual.stream()
                    .filter(tensor -> tensor.name().equals(want.name()))
                    .findFirst();
            if (got.isEmpty()) {
                return Optional.of("output '" + want.name() + "' is missing; there are "
                        + actual.stream().map(Tensor::name).toList());
            }
            var difference = difference(want, got.get(), tolerance);
            if (difference.isPresent()) {
                return difference;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> difference(Tensor want, Tensor got, double tolerance) {
        var name = "output '" + want.name() + "'";
        if (want.dataType() != got.dataType() || !want.shape().equals(got.shape())) {
            return Optional.of(name + ": " + got.dataType() + " " + got.shape() + " (expected: " + want.dataType() + " "
                    + want.shape() + ")");
        }
        if (want instanceof Tensor.Bytes wanted && got instanceof Tensor.Bytes gotten) {
            for (int i = 0; i < wanted.elements().size(); i++) {
                if (!Arrays.equals(wanted.elements().get(i), gotten.elements().get(i))) {
                    return Optional.of(
                            name + "[" + i + "]: '" + text(gotten.elements().get(i)) + "' (expected: '"
                                    + text(wanted.elements().get(i)) + "')");
                }
            }
            return Optional.empty();
        }
        var wanted = ((Tensor.Fixed) want).data();
        var gotten = ((Tensor.Fixed) got).data();
        int count = (int) want.shape().elementCount();
        for (int i = 0; i < count; i++) {
            double a = number(want, wanted, i);
            double b = number(got, gotten, i);
            var isNear = Double.isNaN(a) ? Double.isNaN(b) : a == b || Math.abs(a - b) <= tolerance;
            if (!isNear) {
                return Optional.of(name + "[" + i + "]: " + b + " (expected: " + a + " +- " + tolerance + ")");
            }
        }
        return Optional.empty();
    }

    /// The element at `index`, whatever its datatype; BYTES has none.
    public static double number(Tensor tensor, ByteBuffer data, int index) {
        int at = data.position() + index * tensor.dataType().byteSize();
        return switch (tensor.dataType()) {
            case BOOL, UINT8 -> data.get(at) & 0xff;
            case INT8 -> data.get(at);
            case UINT16 -> data.getShort(at) & 0xffff;
            case INT16 -> data.getShort(at);
            case UINT32 -> data.getInt(at) & 0xffff_ffffL;
            case INT32 -> data.getInt(at);
            case UINT64, INT64 -> data.getLong(at);
            case FP16 -> Float.float16ToFloat(data.getShort(at));
            case BF16 -> Float.intBitsToFloat(data.getShort(at) << 16);
            case FP32 -> data.getFloat(at);
            case FP64 -> data.getDouble(at);
            case BYTES -> throw new IllegalStateException("BYTES has no numbers. This is a bug.");
        };
    }

    private static String text(byte[] bytes) {
        var text = new String(bytes, 0, Math.min(bytes.length, 80), StandardCharsets.UTF_8);
        return bytes.length > 80 ? text + "..." : text;
    }
}
