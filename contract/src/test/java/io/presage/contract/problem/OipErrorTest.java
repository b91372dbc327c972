package io.presage.contract.problem;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OipErrorTest {
    @Test
    void bodyHasTheFourMembers() {
        assertThat(new String(OipError.json(Problem.QUEUE_FULL, "fraud/7: \"full\"\n\u0001ü\\", "r-1"), UTF_8))
                .isEqualTo("{\"error\":\"fraud/7: \\\"full\\\"\\u000a\\u0001ü\\\\\",\"code\":\"QUEUE_FULL\","
                        + "\"retryable\":true,\"request_id\":\"r-1\"}");
    }
}
