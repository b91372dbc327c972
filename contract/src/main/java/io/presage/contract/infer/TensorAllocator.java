package io.presage.contract.infer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Where a reader puts a tensor's numbers: the engine's own memory, if it has some.
@FunctionalInterface
public interface TensorAllocator {
    /// A little-endian buffer with position 0 and limit `bytes`; 0 <= bytes <= the reader's limit.
    ByteBuffer allocate(int bytes);

    /// Fresh direct memory for each tensor.
    TensorAllocator DIRECT = bytes -> ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);

    /// Fresh heap memory for each tensor: for tests and small control work.
    TensorAllocator HEAP = bytes -> ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
}
