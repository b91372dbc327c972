package io.presage.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StatusTextTest {
    @Test
    void printableAscii_staysAsItIs_butForThePercentSign() {
        assertThat(StatusText.encoded("input 'x': 100 % ~")).isEqualTo("input 'x': 100 %25 ~");
    }

    @Test
    void allElse_isUtf8InPercents() {
        assertThat(StatusText.encoded("ä\n")).isEqualTo("%C3%A4%0A");
    }

    @Test
    void longText_isCut() {
        assertThat(StatusText.encoded("x".repeat(5000))).hasSize(1027);
    }
}
