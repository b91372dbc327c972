package io.presage.worker.infer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TensorMemoryTest {
    private final TensorMemory memory = new TensorMemory();

    @Test
    void pieces_areUsedAgain() {
        var piece = Objects.requireNonNull(memory.take(600_000));
        assertThat(piece.isDirect()).isTrue();
        assertThat(piece.capacity()).isEqualTo(1 << 20);
        assertThat(memory.take(600_000)).isNotSameAs(piece);
        memory.giveBack(piece);
        assertThat(memory.take(1 << 20)).isSameAs(piece);
    }

    @Test
    void sizes_thatTheHeapShouldHave_areNotGiven() {
        assertThat(memory.take(TensorMemory.BYTES_MIN - 1)).isNull();
        assertThat(memory.take(TensorMemory.BYTES_MIN)).isNotNull();
        assertThat(memory.take(TensorMemory.BYTES_MAX)).isNotNull();
        assertThat(memory.take(TensorMemory.BYTES_MAX + 1)).isNull();
    }

    @Test
    void memory_isBounded_butNotByWhatNobodyUses() {
        var pieces = new ArrayList<ByteBuffer>();
        for (var piece = memory.take(1 << 20); piece != null; piece = memory.take(1 << 20)) {
            pieces.add(piece);
        }
        assertThat(pieces).hasSize(64);
        assertThat(memory.take(TensorMemory.BYTES_MAX)).isNull();
        pieces.forEach(memory::giveBack);
        assertThat(memory.take(TensorMemory.BYTES_MAX)).isNotNull();
    }
}
