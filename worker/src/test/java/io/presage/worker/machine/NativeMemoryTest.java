package io.presage.worker.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class NativeMemoryTest {
    private static final int BYTES = 128 << 20;

    @Test
    void allocatedBytes_growsByWhatIsAllocated() {
        var memory = NativeMemory.ofThisProcess();
        long before = memory.allocatedBytes();
        var block = ByteBuffer.allocateDirect(BYTES);
        long grown = memory.allocatedBytes() - before;
        // Compilers and what other tests of this process left allocate and free too.
        assertThat(grown).isBetween(BYTES - (64L << 20), BYTES + (64L << 20));
        assertThat(block.capacity()).isEqualTo(BYTES);
    }

    @Test
    void residentBytes_isWhatTheSystemSays() {
        assertThat(NativeMemory.residentBytes()).isGreaterThan(10L << 20);
    }

    @Test
    void trim_leavesWhatIsInUse() {
        var block = ByteBuffer.allocateDirect(1 << 20).put(0, (byte) 7);
        NativeMemory.ofThisProcess().trim();
        assertThat(block.get(0)).isEqualTo((byte) 7);
    }
}
