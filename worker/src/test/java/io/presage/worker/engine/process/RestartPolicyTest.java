package io.presage.worker.engine.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.worker.engine.process.RestartPolicy.Decision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class RestartPolicyTest {
    private static final long SECOND = 1_000_000_000;
    private static final ChildSettings SETTINGS = new ChildSettings(
            DataSize.ofMegabytes(64),
            DataSize.ofMegabytes(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            10,
            Duration.ofSeconds(60));

    @Test
    void delaysDouble_upToTenSeconds_thenItGivesUp() {
        var deaths = new ArrayList<Long>();
        var decisions = new ArrayList<Decision>();
        for (int i = 0; i < 10; i++) {
            deaths.add(i * SECOND);
            decisions.add(RestartPolicy.decide(deaths, SETTINGS));
        }
        assertThat(decisions)
                .containsExactly(
                        new Decision.Restart(SECOND / 10),
                        new Decision.Restart(SECOND / 5),
                        new Decision.Restart(SECOND * 2 / 5),
                        new Decision.Restart(SECOND * 4 / 5),
                        new Decision.Restart(SECOND * 8 / 5),
                        new Decision.Restart(SECOND * 16 / 5),
                        new Decision.Restart(SECOND * 32 / 5),
                        new Decision.Restart(SECOND * 10),
                        new Decision.Restart(SECOND * 10),
                        new Decision.GiveUp(10));
    }

    @Test
    void oldDeaths_areForgotten() {
        var longAgo = List.of(0L, SECOND, 2 * SECOND, 100 * SECOND);
        assertThat(RestartPolicy.decide(longAgo, SETTINGS)).isEqualTo(new Decision.Restart(SECOND / 10));
    }
}
