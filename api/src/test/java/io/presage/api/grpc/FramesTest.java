package io.presage.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FramesTest {
    private static final int BYTES_MAX = 1000;

    private static byte[] framed(int flag, byte[] message) {
        return ByteBuffer.allocate(5 + message.length)
                .put((byte) flag)
                .putInt(message.length)
                .put(message)
                .array();
    }

    private static byte[] packed(String encoding, int length) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (OutputStream out =
                encoding.equals("gzip") ? new GZIPOutputStream(packed) : new DeflaterOutputStream(packed)) {
            out.write(new byte[length]);
        }
        return packed.toByteArray();
    }

    private static Problem refused(byte[] body, @Nullable String encoding) {
        return catchThrowableOfType(ProblemException.class, () -> Frames.only(body, encoding, BYTES_MAX))
                .problem();
    }

    @Test
    void plainMessage_isAsItIs_whateverEncodingIsAnnounced() {
        assertThat(Frames.only(framed(0, new byte[] {1, 2}), null, BYTES_MAX)).containsExactly(1, 2);
        assertThat(Frames.only(framed(0, new byte[] {1, 2}), "snappy", BYTES_MAX))
                .containsExactly(1, 2);
        assertThat(Frames.only(framed(0, new byte[0]), null, BYTES_MAX)).isEmpty();
    }

    @Test
    void packedMessages_areInflated_upToTheBound() throws IOException {
        for (var encoding : new String[] {"gzip", "deflate"}) {
            assertThat(Frames.only(framed(1, packed(encoding, BYTES_MAX)), encoding, BYTES_MAX))
                    .isEqualTo(new byte[BYTES_MAX]);
            assertThat(refused(framed(1, packed(encoding, BYTES_MAX + 1)), encoding))
                    .isEqualTo(Problem.BODY_TOO_LARGE);
            assertThat(refused(framed(1, new byte[] {1, 2, 3}), encoding)).isEqualTo(Problem.INVALID_REQUEST);
        }
    }

    @Test
    void packedMessageInNoKnownEncoding_isUnsupported() throws IOException {
        assertThat(refused(framed(1, packed("gzip", 3)), null)).isEqualTo(Problem.UNSUPPORTED);
        assertThat(refused(framed(1, packed("gzip", 3)), "snappy")).isEqualTo(Problem.UNSUPPORTED);
    }

    @Test
    void otherThanOneMessage_isRefused() {
        assertThat(refused(new byte[0], null)).isEqualTo(Problem.INVALID_REQUEST);
        assertThat(refused(new byte[] {0, 0, 0, 0}, null)).isEqualTo(Problem.INVALID_REQUEST);
        assertThat(refused(new byte[] {0, 0, 0, 0, 2, 1}, null)).isEqualTo(Problem.INVALID_REQUEST);
        assertThat(refused(new byte[] {0, 0, 0, 0, 0, 1}, null)).isEqualTo(Problem.INVALID_REQUEST);
        assertThat(refused(new byte[] {0, -1, -1, -1, -1, 1}, null)).isEqualTo(Problem.INVALID_REQUEST);
        assertThat(refused(new byte[] {2, 0, 0, 0, 1, 1}, null)).isEqualTo(Problem.INVALID_REQUEST);
    }
}
