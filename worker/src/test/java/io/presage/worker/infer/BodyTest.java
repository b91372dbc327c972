package io.presage.worker.infer;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class BodyTest {
    private static byte[] kept(Body body) {
        assertThat(body.kept().length()).isEqualTo(body.length());
        return Arrays.copyOf(body.kept().bytes(), body.length());
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
            assertThat(body.kept().bytes().length).as("announced " + announced).isLessThanOrEqualTo(1 << 20);
        }
    }

    @Test
    void largeBody_growsWithWhatHasCome() {
        var body = new Body(3_000_000);
        for (int i = 0; i < 30; i++) {
            body.add(Buffer.buffer(new byte[100_000]));
        }
        assertThat(body.length()).isEqualTo(3_000_000);
        assertThat(body.kept().bytes()).hasSize(3_000_000);
    }

    @Test
    void binaryPart_goesToDirectMemory_howeverItIsCut() {
        var message = "{json}0123456789".getBytes(StandardCharsets.US_ASCII);
        for (int cut = 0; cut <= message.length; cut++) {
            for (int next = cut; next <= message.length; next++) {
                var direct = ByteBuffer.allocateDirect(32);
                var body = Body.apart(message.length, 6, direct);
                body.add(Buffer.buffer(Arrays.copyOfRange(message, 0, cut)));
                body.add(Buffer.buffer(Arrays.copyOfRange(message, cut, next)));
                body.add(Buffer.buffer(Arrays.copyOfRange(message, next, message.length)));

                var content = body.kept();
                var tail = Objects.requireNonNull(content.tail());
                var numbers = new byte[tail.remaining()];
                tail.get(numbers);
                assertThat(new String(content.bytes(), 0, content.length(), StandardCharsets.US_ASCII))
                        .isEqualTo("{json}");
                assertThat(numbers).asString().isEqualTo("0123456789");
                assertThat(body.length()).isEqualTo(message.length);
            }
        }
    }

    @Test
    void whatIsCutOff_isWhatHasCome() {
        var body = Body.apart(16, 6, ByteBuffer.allocateDirect(32));
        body.add(Buffer.buffer("{js"));
        assertThat(body.kept().length()).isEqualTo(3);
        assertThat(Objects.requireNonNull(body.kept().tail()).remaining()).isZero();
    }

    @Test
    void onlyLargeBinaryParts_areWorthMemoryOfTheirOwn() {
        assertThat(Body.apartBytes(602_312, 200)).isEqualTo(602_112);
        assertThat(Body.apartBytes(602_112, 0)).isEqualTo(602_112);
        assertThat(Body.apartBytes(602_112, -1)).as("JSON only").isZero();
        assertThat(Body.apartBytes(TensorMemory.BYTES_MIN + 99, 100)).isZero();
        assertThat(Body.apartBytes(TensorMemory.BYTES_MAX + 101L, 100)).isZero();
        assertThat(Body.apartBytes(-1, 100)).as("chunked").isZero();
        assertThat(Body.apartBytes(4_000_000, 2_000_000)).as("much JSON").isZero();
        assertThat(Body.apartBytes(100, 200_000)).as("a header that lies").isZero();
    }
}
