package io.presage.api.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class SpareBodyTest {
    private static final byte[] BYTES = new byte[300];

    @Test
    void spare_isCountedAgain_andOutlivesTheBody() {
        var budget = new BodyBudget(1_200);
        var body = new Bodies(1_000, budget).made(Buffer.buffer(BYTES));
        var spare = body.spare().orElseThrow();
        assertThat(budget.bytesInFlight()).isEqualTo(600);
        body.close();
        assertThat(budget.bytesInFlight()).isEqualTo(300);
        assertThat(spare.pieces().getFirst().getBytes()).isEqualTo(BYTES);
        assertThat(spare.bytes()).isEqualTo(300);
        spare.close();
        assertThat(budget.bytesInFlight()).isZero();
    }

    @Test
    void spare_isTheFirstToGo() {
        var budget = new BodyBudget(1_199);
        var bodies = new Bodies(1_000, budget);
        var body = bodies.made(Buffer.buffer(BYTES));
        assertThat(body.spare()).isEmpty();
        assertThat(budget.bytesInFlight()).isEqualTo(300);
        bodies.made(Buffer.buffer(BYTES));
        bodies.made(Buffer.buffer(BYTES));
        assertThat(budget.bytesInFlight()).isEqualTo(900);
    }
}
