package io.presage.contract.infer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/// The JDK's strict decoder is the reference.
class Utf8Test {
    private static final int[] FOLLOWERS = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};

    @Test
    void everySequenceIsJudgedAsTheJdkDoes() {
        for (int lead = 0; lead < 256; lead++) {
            assertSame(lead);
            for (int second = 0; second < 256; second++) {
                assertSame(lead, second);
                for (int third : FOLLOWERS) {
                    assertSame(lead, second, third);
                    for (int fourth : FOLLOWERS) {
                        assertSame(lead, second, third, fourth);
                    }
                }
            }
        }
    }

    private static void assertSame(int... sequence) {
        byte[] bytes = new byte[sequence.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) sequence[i];
        }
        if (Utf8.isValid(bytes, 0, bytes.length) != decodes(bytes)) {
            assertThat(Utf8.isValid(bytes, 0, bytes.length))
                    .as(HexFormat.of().formatHex(bytes))
                    .isEqualTo(decodes(bytes));
        }
    }

    private static boolean decodes(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException _) {
            return false;
        }
    }
}
