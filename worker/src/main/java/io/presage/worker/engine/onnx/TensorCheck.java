package io.presage.worker.engine.onnx;

import io.presage.worker.engine.onnx.OnnxCheck.UnsafeException;
import io.presage.worker.engine.onnx.ProtoReader.MalformedException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Checks that a tensor in an ONNX file has as many bytes as its shape and type say, and collects those whose
/// bytes lie in other files. One file, one thread.
final class TensorCheck {
    /// Values of larger tensors are not looked at.
    static final int SMALL_MAX = 64;
    /// More than any machine holds, and far from an overflow of 64 bits.
    private static final long ELEMENTS_MAX = 1L << 48;

    private static final int INT64 = 7;
    private static final int STRING = 8;
    private static final ValueLayout.OfLong LITTLE_LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LITTLE_INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Set<ExternalData> external = new LinkedHashSet<>();

    /// What is known of a tensor.
    ///
    /// @param bits of one element; 0 for strings
    /// @param values when they are few and whole numbers; else null
    record Tensor(
            String name, int bits, long elements, @Nullable List<Long> values) {}

    Set<ExternalData> external() {
        return external;
    }

    /// The product of the dimensions.
    static long elements(List<Long> dims) throws UnsafeException {
        long product = 1;
        boolean isEmpty = false;
        for (long dim : dims) {
            if (dim < 0) {
                throw new UnsafeException("a dimension of " + dim);
            }
            isEmpty |= dim == 0;
            if (dim > ELEMENTS_MAX || (dim != 0 && product > ELEMENTS_MAX / dim)) {
                throw new UnsafeException("a tensor " + dims + ", more than " + ELEMENTS_MAX + " elements");
            }
            product *= Math.max(dim, 1);
        }
        return isEmpty ? 0 : product;
    }

    void sparse(ProtoReader sparse) throws MalformedException, UnsafeException {
        var dims = new ArrayList<Long>();
        Tensor values = null;
        Tensor indices = null;
        while (sparse.next()) {
            switch (sparse.field()) {
                case 1 -> values = tensor(sparse.message());
                case 2 -> indices = tensor(sparse.message());
                case 3 -> sparse.numbers(dims, OnnxCheck.RANK_MAX + 1);
                default -> sparse.skip();
            }
        }
        checkRank(dims);
        long dense = elements(dims);
        // ONNX Runtime makes a dense tensor of it.
        if (dense * 8 > OnnxCheck.MADE_BYTES_MAX) {
            throw new UnsafeException("a sparse tensor " + dims + ", more than " + OnnxCheck.MADE_BYTES_MAX + " bytes");
        }
        if (values != null && indices != null && indices.values() != null) {
            for (long index : indices.values()) {
                if (index < 0 || index >= Math.max(dense, 1)) {
                    throw new MalformedException(
                            "sparse tensor " + values.name() + " has an element at " + index + " of " + dense);
                }
            }
        }
    }

    Tensor tensor(ProtoReader tensor) throws MalformedException, UnsafeException {
        var dims = new ArrayList<Long>();
        var entries = new ArrayList<String[]>();
        var numbers = new ArrayList<Long>();
        var name = "";
        long type = 0;
        long location = 0;
        MemorySegment raw = null;
        // Elements in the fields for values of one type, by the field.
        var counts = new long[12];
        while (tensor.next()) {
            switch (tensor.field()) {
                case 1 -> tensor.numbers(dims, OnnxCheck.RANK_MAX + 1);
                case 2 -> type = tensor.number();
                case 4 -> counts[4] += tensor.countFixed(4);
                case 5 -> counts[5] += tensor.numbers(numbers, SMALL_MAX);
                case 6 -> {
                    tensor.block();
                    counts[6]++;
                }
                case 7 -> counts[7] += tensor.numbers(numbers, SMALL_MAX);
                case 8 -> name = tensor.string();
                case 9 -> raw = tensor.block();
                case 10 -> counts[10] += tensor.countFixed(8);
                case 11 -> counts[11] += tensor.numbers(numbers, SMALL_MAX);
                case 13 -> entries.add(entry(tensor.message()));
                case 14 -> location = tensor.number();
                default -> tensor.skip();
            }
        }
        checkRank(dims);
        long elements = elements(dims);
        int bits = bits(type);
        if (bits < 0) {
            throw new MalformedException("tensor " + name + " has the unknown type " + type);
        }
        if (location != 0 || !entries.isEmpty()) {
            if (bits == 0) {
                throw new MalformedException("tensor " + name + " has texts in another file");
            }
            external.add(ExternalData.of(name, entries, bytes(elements, bits)));
            return new Tensor(name, bits, elements, null);
        }
        checkCount(name, type, bits, elements, raw, counts);
        boolean isSmall = elements <= SMALL_MAX && (type == INT64 || type == 6);
        if (!isSmall) {
            return new Tensor(name, bits, elements, null);
        }
        return new Tensor(name, bits, elements, raw == null ? numbers : values(raw, bits, (int) elements));
    }

    private static void checkRank(List<Long> dims) throws UnsafeException {
        if (dims.size() > OnnxCheck.RANK_MAX) {
            throw new UnsafeException("a tensor of more than " + OnnxCheck.RANK_MAX + " dimensions");
        }
    }

    private static void checkCount(
            String name, long type, int bits, long elements, @Nullable MemorySegment raw, long[] counts)
            throws MalformedException {
        long typed = 0;
        for (long count : counts) {
            typed += count;
        }
        if (raw != null && typed == 0) {
            long wanted = bytes(elements, bits);
            if (bits == 0 || raw.byteSize() != wanted) {
                throw new MalformedException(
                        "tensor " + name + " has " + raw.byteSize() + " bytes (expected by its shape: " + wanted + ")");
            }
            return;
        }
        long here = counts[field(type)];
        // Complex numbers are two; those of four bits share a number of 32.
        long wanted = switch ((int) type) {
            case 14, 15 -> 2 * elements;
            default -> bits == 4 ? (elements + 1) / 2 : elements;
        };
        boolean isPackedFour = bits == 4 && here == (elements + 7) / 8;
        if (raw != null || typed != here || (here != wanted && !isPackedFour)) {
            throw new MalformedException("tensor " + name + " has " + typed + " values (expected by its shape: "
                    + wanted + ", in the field of its type)");
        }
    }

    /// The field of TensorProto that holds values of this type.
    private static int field(long type) {
        return switch ((int) type) {
            case 1, 14 -> 4;
            case INT64 -> 7;
            case STRING -> 6;
            case 11, 15 -> 10;
            case 12, 13 -> 11;
            default -> 5;
        };
    }

    /// Of one element of a TensorProto.DataType; 0 for strings, -1 for a type that there is not.
    static int bits(long type) {
        if (type < 1 || type > 26) {
            return -1;
        }
        return switch ((int) type) {
            case STRING -> 0;
            case 2, 3, 9, 17, 18, 19, 20, 24 -> 8;
            case 4, 5, 10, 16 -> 16;
            case 1, 6, 12 -> 32;
            case 15 -> 128;
            case 21, 22, 23 -> 4;
            case 25, 26 -> 2;
            default -> 64;
        };
    }

    private static long bytes(long elements, int bits) {
        // At most 2^48 times 128.
        return (elements * bits + 7) / 8;
    }

    private static List<Long> values(MemorySegment raw, int bits, int count) {
        var values = new ArrayList<Long>(count);
        for (int i = 0; i < count; i++) {
            values.add(bits == 64 ? raw.get(LITTLE_LONG, i * 8L) : raw.get(LITTLE_INT, i * 4L));
        }
        return values;
    }

    private static String[] entry(ProtoReader entry) throws MalformedException {
        var key = "";
        var value = "";
        while (entry.next()) {
            switch (entry.field()) {
                case 1 -> key = entry.string();
                case 2 -> value = entry.string();
                default -> entry.skip();
            }
        }
        return new String[] {key, value};
    }
}
