package io.presage.worker.infer;

import io.presage.contract.infer.TensorAllocator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// One event loop's memory for the tensors of the call that it runs: direct, and used again by the next. One
/// thread.
final class LoopMemory implements TensorAllocator {
    private static final int BYTES = 1 << 20;
    private static final int ALIGNMENT = 8;

    private final ByteBuffer memory = ByteBuffer.allocateDirect(BYTES);
    private int used;

    /// Forgets what the last call had.
    void reset() {
        used = 0;
    }

    @Override
    public ByteBuffer allocate(int bytes) {
        if (bytes > BYTES - used) {
            return TensorAllocator.DIRECT.allocate(bytes);
        }
        var slice = memory.slice(used, bytes).order(ByteOrder.LITTLE_ENDIAN);
        used = Math.min(BYTES, (used + bytes + ALIGNMENT - 1) & -ALIGNMENT);
        return slice;
    }
}
