package io.presage.api.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class BodyTest {
    @Test
    void smallPiecesAreGathered_largeOnesKept() {
        var budget = new BodyBudget(1_000_000);
        try (var body = new Body(budget, 0)) {
            var expected = Buffer.buffer();
            for (int i = 0; i < 30_000; i++) {
                var piece = Buffer.buffer(new byte[] {(byte) i});
                expected.appendBuffer(piece);
                assertThat(body.append(piece)).isTrue();
            }
            var large = Buffer.buffer(new byte[50_000]);
            expected.appendBuffer(large);
            body.append(large);
            assertThat(body.pieces()).hasSizeLessThan(6).last().isSameAs(large);
            var whole = Buffer.buffer();
            body.pieces().forEach(whole::appendBuffer);
            assertThat(whole).isEqualTo(expected);
            assertThat(budget.bytesInFlight()).isEqualTo(80_000);
        }
        assertThat(budget.bytesInFlight()).isZero();
    }

    @Test
    void noRoom_takesNothing() {
        var budget = new BodyBudget(10);
        assertThat(budget.tryTake(8)).isTrue();
        try (var body = new Body(budget, 0)) {
            assertThat(body.append(Buffer.buffer("abc"))).isFalse();
        }
        assertThat(budget.bytesInFlight()).isEqualTo(8);
    }
}
