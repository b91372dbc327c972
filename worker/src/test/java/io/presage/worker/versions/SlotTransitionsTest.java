package io.presage.worker.versions;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.SlotState;
import org.junit.jupiter.api.Test;

class SlotTransitionsTest {
    /// Rows are states, columns events; `-` is illegal.
    private static final String TABLE = """
            state      FETCH     LOAD     WARM     SERVE  DRAIN     EVICT    UNLOAD    FAIL
            NEW        FETCHING  -        -        -      -         -        UNLOADED  FAILED
            FETCHING   FETCHING  LOADING  -        -      -         EVICTED  UNLOADED  FAILED
            LOADING    -         -        WARMING  -      -         -        -         FAILED
            WARMING    -         -        -        READY  -         -        -         FAILED
            READY      -         -        -        -      DRAINING  EVICTED  -         FAILED
            EVICTED    FETCHING  -        -        -      -         -        UNLOADED  FAILED
            DRAINING   -         -        -        READY  -         -        UNLOADED  FAILED
            UNLOADED   -         -        -        -      -         -        -         -
            FAILED     -         -        -        -      -         -        UNLOADED  -
            """;

    @Test
    void everyStateAndEvent_isAsInTheTable() {
        var lines = TABLE.lines().toList();
        var events = lines.getFirst().split("\\s+");
        assertThat(events).hasSize(SlotEvent.values().length + 1);
        assertThat(lines).hasSize(SlotState.values().length + 1);
        for (var line : lines.subList(1, lines.size())) {
            var cells = line.split("\\s+", -1);
            for (int i = 1; i < cells.length; i++) {
                var next = SlotTransitions.next(SlotState.valueOf(cells[0]), SlotEvent.valueOf(events[i]));
                assertThat(next.map(SlotState::name).orElse("-"))
                        .as("%s in %s", events[i], cells[0])
                        .isEqualTo(cells[i]);
            }
        }
    }
}
