package io.presage.contract.infer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/// The JDK's strict decoder is the reference.
class Utf8Test {
    private static final int[] FOLLOWERS = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};

    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    private final CharBuffer decoded = CharBuffer.allocate(8);

    @Test
    void everySequenceIsJudgedAsTheJdkDoes() {
        for (int lead = 0; lead < 256; lead++) {
            assertSame(lead);
            for (int second = 0; second < 256; second++) {
                assertSame(lead, second);
                assertLongerSame(lead, second);
            }
        }
    }

    private void assertLongerSame(int lead, int second) {
        if (lead < 0xE0) {
            return;
        }
        for (int third : FOLLOWERS) {
            assertSame(lead, second, third);
            if (lead >= 0xF0) {
                for (int fourth : FOLLOWERS) {
                    assertSame(lead, second, third, fourth);
                }
            }
        }
    }

    private void assertSame(int... sequence) {
        byte[] bytes = new byte[sequence.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) sequence[i];
        }
        boolean isValid = Utf8.isValid(bytes, 0, bytes.length);
        if (isValid != decodes(bytes)) {
            assertThat(isValid).as(HexFormat.of().formatHex(bytes)).isEqualTo(!isValid);
        }
    }

    private boolean decodes(byte[] bytes) {
        decoder.reset();
        decoded.clear();
        return !decoder.decode(ByteBuffer.wrap(bytes), decoded, true).isError();
    }
}
