package io.presage.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.contract.problem.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcTimeoutTest {
    @ParameterizedTest
    @CsvSource({"1H,600000", "2M,120000", "3S,3000", "4m,4", "5u,1", "5000u,5", "6n,1", "0S,0", "99999999H,600000"})
    void eachUnit_isMilliseconds_aStartedOneCounted(String text, long millis) {
        assertThat(GrpcTimeout.millis(text)).hasValue(millis);
    }

    @Test
    void none_isNone() {
        assertThat(GrpcTimeout.millis(null)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "S", "1", "1s", "-1S", "123456789S", "1 S", "1.5S", "٣S"})
    void anythingElse_isRefused(String text) {
        assertThatThrownBy(() -> GrpcTimeout.millis(text))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("grpc-timeout");
    }
}
