package io.presage.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.api.limits.Bodies;
import io.presage.api.limits.BodyBudget;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MessagesTest {
    private static final int BYTES_MAX = 100_000;

    private final BodyBudget budget = new BodyBudget(10 * BYTES_MAX);
    private final Messages messages = new Messages(new Bodies(BYTES_MAX, budget), null);

    private static Buffer framed(byte[] message) {
        return Buffer.buffer().appendByte((byte) 0).appendInt(message.length).appendBytes(message);
    }

    private List<byte[]> all() {
        List<byte[]> all = new ArrayList<>();
        for (var next = messages.next(); next.isPresent(); next = messages.next()) {
            all.add(next.get());
        }
        return all;
    }

    @Test
    void messagesCutAnywhere_areWholeAgain_andTheirRoomIsGivenBack() {
        long seed = 20261122;
        var random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            List<byte[]> sent = new ArrayList<>();
            var wire = Buffer.buffer();
            for (int i = random.nextInt(30); i >= 0; i--) {
                var message = new byte[random.nextInt(4) == 0 ? random.nextInt(3000) : random.nextInt(8)];
                random.nextBytes(message);
                sent.add(message);
                wire.appendBuffer(framed(message));
            }
            List<byte[]> got = new ArrayList<>();
            for (int at = 0; at < wire.length(); ) {
                int end = Math.min(wire.length(), at + 1 + random.nextInt(500));
                messages.add(wire.getBuffer(at, end));
                at = end;
                if (random.nextBoolean()) {
                    messages.next().ifPresent(got::add);
                }
            }
            got.addAll(all());
            assertThat(got)
                    .as("seed %s round %s", seed, round)
                    .usingRecursiveComparison()
                    .isEqualTo(sent);
            assertThat(messages.isEmpty()).isTrue();
            assertThat(budget.bytesInFlight()).isZero();
        }
    }

    @Test
    void begunMessage_isNotEmpty_andClosedGivesItsRoomBack() {
        messages.add(framed(new byte[] {1}).appendByte((byte) 0));
        assertThat(messages.next()).isPresent();
        assertThat(messages.isEmpty()).isFalse();
        assertThat(messages.next()).isEmpty();
        assertThat(messages.isEmpty()).isFalse();
        messages.close();
        assertThat(budget.bytesInFlight()).isZero();
    }

    @Test
    void tooLargeAMessage_isRefusedByItsPrefix() {
        messages.add(Buffer.buffer().appendByte((byte) 0).appendInt(-1));
        var refused = catchThrowableOfType(ProblemException.class, messages::next);
        assertThat(refused.problem()).isEqualTo(Problem.BODY_TOO_LARGE);
        messages.close();
        assertThat(budget.bytesInFlight()).isZero();
    }
}
