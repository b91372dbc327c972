package io.presage.worker.batching;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TurnListTest {
    private static final TurnList.Work NOBODY = new TurnList.Work() {
        @Override
        public @Nullable Turn begin(long wakeNanos) {
            return null;
        }

        @Override
        public boolean end(Turn turn) {
            return false;
        }
    };

    private final TurnList turns = new TurnList(4);
    private final TurnList.Seat a = new TurnList.Seat(NOBODY);
    private final TurnList.Seat b = new TurnList.Seat(NOBODY);

    private TurnList.@Nullable Seat next(long nowNanos) {
        var entry = turns.next(nowNanos);
        return entry == null ? null : entry.seat();
    }

    @Test
    void turns_goRound() {
        turns.ask(a);
        turns.ask(b);
        assertThat(next(0)).isSameAs(a);
        turns.done(a, true);
        assertThat(next(0)).isSameAs(b);
        turns.done(b, true);
        assertThat(next(0)).isSameAs(a);
    }

    @Test
    void aQuarterOfTheThreads_isForThoseThatHaveNone() {
        for (int i = 0; i < 5; i++) {
            turns.ask(a);
        }
        assertThat(next(0)).isSameAs(a);
        assertThat(next(0)).isSameAs(a);
        assertThat(turns.hasRoom()).isTrue();
        assertThat(next(0)).isSameAs(a);
        assertThat(turns.hasRoom()).isFalse();
        assertThat(next(0)).isNull();
        turns.ask(b);
        assertThat(next(0)).isSameAs(b);
        assertThat(next(0)).isNull();
        turns.done(a, false);
        assertThat(next(0)).as("b may want its thread again").isNull();
        turns.done(b, false);
        assertThat(next(0)).isSameAs(a);
    }

    @Test
    void wakes_areTurnsWhenTheirTimeHasCome() {
        turns.wakeAt(a, 20);
        turns.wakeAt(b, 10);
        assertThat(turns.wakeNanos()).isEqualTo(10);
        assertThat(next(9)).isNull();
        var first = Objects.requireNonNull(turns.next(10));
        assertThat(first.seat()).isSameAs(b);
        assertThat(first.wakeNanos()).isEqualTo(10);
        assertThat(turns.wakeNanos()).isEqualTo(20);
        assertThat(next(25)).isSameAs(a);
        assertThat(turns.wakeNanos()).isEqualTo(Long.MAX_VALUE);
    }
}
