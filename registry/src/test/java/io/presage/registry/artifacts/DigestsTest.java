package io.presage.registry.artifacts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class DigestsTest {
    private static final String HEX = "00".repeat(32);
    private static final String HEADER = "sha-256=:" + "A".repeat(43) + "=:";

    @Test
    void announced_fromEitherPlace() {
        assertThat(Digests.announced(null, null)).isEmpty();
        assertThat(Digests.announced(HEX, null)).hasValue(HEX);
        assertThat(Digests.announced("AB" + HEX.substring(2), null)).hasValue("ab" + HEX.substring(2));
        assertThat(Digests.announced(null, HEADER)).hasValue(HEX);
        assertThat(Digests.announced(null, "sha-512=:abc:, " + HEADER)).hasValue(HEX);
        assertThat(Digests.announced(null, "sha-512=:abc:")).isEmpty();
        assertThat(Digests.announced(HEX, HEADER)).hasValue(HEX);
    }

    @Test
    void unreadableOrContradicting_isRefused() {
        assertThatThrownBy(() -> Digests.announced("zz", null)).hasMessageContaining("64 hexadecimal digits");
        assertThatThrownBy(() -> Digests.announced(null, "sha-256=abc")).hasMessageContaining("Content-Digest");
        assertThatThrownBy(() -> Digests.announced(null, "sha-256=:AAAA:")).hasMessageContaining("32 BYTES");
        assertThatThrownBy(() -> Digests.announced("1" + HEX.substring(1), HEADER))
                .hasMessageContaining("the digest in Content-Digest");
    }
}
