package io.presage.api.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HedgePolicyTest {
    private static final long MILLI = 1_000_000;
    private static final HedgingProperties ON = new HedgingProperties(true, 95, Duration.ofMillis(5));

    @Test
    void hedgesAfterWhatIsUsual_butNotSoonerThanItMay() {
        assertThat(HedgePolicy.delayNanos(ON, 2, 40 * MILLI, 1000 * MILLI)).isEqualTo(40 * MILLI);
        assertThat(HedgePolicy.delayNanos(ON, 2, MILLI, 1000 * MILLI)).isEqualTo(5 * MILLI);
    }

    @Test
    void noHedge_whenItIsOffAloneUnknownOrTooLate() {
        var off = new HedgingProperties(false, 95, Duration.ofMillis(5));
        assertThat(HedgePolicy.delayNanos(off, 2, 40 * MILLI, 1000 * MILLI)).isEqualTo(HedgePolicy.NEVER);
        assertThat(HedgePolicy.delayNanos(ON, 1, 40 * MILLI, 1000 * MILLI)).isEqualTo(HedgePolicy.NEVER);
        assertThat(HedgePolicy.delayNanos(ON, 2, -1, 1000 * MILLI)).isEqualTo(HedgePolicy.NEVER);
        assertThat(HedgePolicy.delayNanos(ON, 2, 40 * MILLI, 60 * MILLI)).isEqualTo(HedgePolicy.NEVER);
    }
}
