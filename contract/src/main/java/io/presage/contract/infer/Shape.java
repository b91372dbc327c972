package io.presage.contract.infer;

import java.util.Arrays;
import java.util.List;

/// Dimensions of a tensor, outermost first; rank 0 is a scalar. In a signature -1 means "any"; in a tensor
/// every dimension is 0 or more.
public final class Shape {
    public static final int RANK_MAX = 16;

    private final long[] dims;

    private Shape(long[] dims) {
        this.dims = dims;
    }

    /// A shape of its own copy of `dims`.
    ///
    /// @throws IllegalArgumentException for a rank over [#RANK_MAX] or a dimension below -1
    public static Shape of(long... dims) {
        if (dims.length > RANK_MAX) {
            throw new IllegalArgumentException("shape: rank " + dims.length + " (expected: at most " + RANK_MAX + ")");
        }
        for (long dim : dims) {
            if (dim < -1) {
                throw new IllegalArgumentException("shape: " + Arrays.toString(dims) + " (expected: dimensions >= -1)");
            }
        }
        return new Shape(dims.clone());
    }

    public static Shape of(List<Long> dims) {
        return of(dims.stream().mapToLong(Long::longValue).toArray());
    }

    public int rank() {
        return dims.length;
    }

    public long dim(int axis) {
        return dims[axis];
    }

    public long[] dims() {
        return dims.clone();
    }

    public boolean isFixed() {
        for (long dim : dims) {
            if (dim < 0) {
                return false;
            }
        }
        return true;
    }

    /// Product of the dimensions; 1 for a scalar.
    ///
    /// @throws ArithmeticException when it does not fit 63 bits, also if a later dimension is 0
    public long elementCount() {
        if (!isFixed()) {
            throw new IllegalStateException("elementCount of " + this + " with a variable dimension. This is a bug.");
        }
        long count = 1;
        for (long dim : dims) {
            if (dim != 0) {
                count = Math.multiplyExact(count, dim);
            }
        }
        for (long dim : dims) {
            if (dim == 0) {
                return 0;
            }
        }
        return count;
    }

    /// True when a tensor of shape `actual` fits this shape of a signature.
    public boolean accepts(Shape actual) {
        if (actual.dims.length != dims.length) {
            return false;
        }
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] >= 0 && dims[i] != actual.dims[i]) {
                return false;
            }
        }
        return true;
    }

    public Shape withDim(int axis, long size) {
        var copy = dims.clone();
        copy[axis] = size;
        return of(copy);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /// `[-1, 128]`
    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
