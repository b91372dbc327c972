package io.presage.worker.infer;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BodyTest {
    private static byte[] kept(Body body) {
        return Arrays.copyOf(body.kept(), body.length());
    }

    @Test
    void onePiece_staysAsItCame() {
        var body = new Body(3);
        body.add(Buffer.buffer("abc"));
        assertThat(kept(body)).asString().isEqualTo("abc");
    }

    @Test
    void pieces_arePutTogether_announcedOrNot() {
        for (long announced : new long[] {-1, 9, 4, 100_000_000}) {
            var body = new Body(announced);
            body.add(Buffer.buffer());
            body.add(Buffer.buffer("abc"));
            body.add(Buffer.buffer());
            body.add(Buffer.buffer("defg"));
            body.add(Buffer.buffer("hi"));
            assertThat(kept(body)).asString().isEqualTo("abcdefghi");
            assertThat(body.kept().length).as("announced " + announced).isLessThanOrEqualTo(1 << 20);
        }
    }

    @Test
    void largeBody_growsWithWhatHasCome() {
        var body = new Body(3_000_000);
        for (int i = 0; i < 30; i++) {
            body.add(Buffer.buffer(new byte[100_000]));
        }
        assertThat(body.length()).isEqualTo(3_000_000);
        assertThat(body.kept()).hasSize(3_000_000);
    }
}
