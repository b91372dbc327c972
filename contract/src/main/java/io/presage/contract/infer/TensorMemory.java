package io.presage.contract.infer;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.nio.ByteBuffer;

/// What the tensors of one message may still take. Every byte is charged before it is allocated. One thread.
final class TensorMemory {
    /// What the JVM adds to an element of a BYTES tensor: array header, padding and reference.
    private static final int ELEMENT_OVERHEAD_BYTES = 24;

    private final int bytesMax;
    private final TensorAllocator allocator;
    private long bytesUsed;

    TensorMemory(int bytesMax, TensorAllocator allocator) {
        this.bytesMax = bytesMax;
        this.allocator = allocator;
    }

    void reset() {
        bytesUsed = 0;
    }

    /// Elements of the tensor, whose memory fits what is left; a BYTES tensor's are charged without their
    /// content.
    int elementCount(TensorHead head) {
        long count;
        try {
            count = head.shape().elementCount();
        } catch (ArithmeticException _) {
            throw new ProblemException(
                    Problem.INVALID_TENSOR,
                    head.label() + ": shape " + head.shape() + " has too many elements (expected: at most "
                            + Long.MAX_VALUE + ")");
        }
        int elementBytes = head.dataType() == DataType.BYTES
                ? ELEMENT_OVERHEAD_BYTES
                : head.dataType().byteSize();
        if (count > bytesMax) {
            throw tooLarge(head.label(), "shape " + head.shape());
        }
        charge(head, count * elementBytes);
        return (int) count;
    }

    /// Memory for `count` elements, which [#elementCount] has charged.
    ByteBuffer allocate(TensorHead head, int count) {
        return allocator.allocate(count * head.dataType().byteSize());
    }

    /// Takes room for the content of one element of a BYTES tensor.
    void chargeElement(TensorHead head, int contentBytes) {
        charge(head, contentBytes);
    }

    private void charge(TensorHead head, long bytes) {
        bytesUsed += bytes;
        if (bytesUsed > bytesMax) {
            throw tooLarge(head.label(), bytesUsed + " bytes with the tensors before it");
        }
    }

    /// Takes room for one row, `name` in messages, that is no tensor yet.
    void charge(String name, long contentBytes) {
        bytesUsed += contentBytes + ELEMENT_OVERHEAD_BYTES;
        if (bytesUsed > bytesMax) {
            throw tooLarge(name, bytesUsed + " bytes with the rows before it");
        }
    }

    private ProblemException tooLarge(String name, String found) {
        return new ProblemException(
                Problem.BODY_TOO_LARGE, name + ": " + found + " (expected: at most " + bytesMax + " bytes of tensors)");
    }
}
