package io.presage.contract.problem;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OpenAiErrorTest {
    private static String json(Problem problem) {
        return new String(OpenAiError.json(problem, "no \"m\"", "r-1"), UTF_8);
    }

    @Test
    void bodyIsOpenAis() {
        assertThat(json(Problem.MODEL_NOT_FOUND))
                .isEqualTo("{\"error\":{\"message\":\"no \\\"m\\\"\",\"type\":\"invalid_request_error\",\"param\":null,"
                        + "\"code\":\"model_not_found\",\"retryable\":false,\"request_id\":\"r-1\"}}");
    }

    @Test
    void codesAndTypes_areOpenAisWhereItHasThem() {
        assertThat(json(Problem.UNAUTHENTICATED))
                .contains("\"type\":\"invalid_request_error\"", "\"code\":\"invalid_api_key\"");
        assertThat(json(Problem.RATE_LIMITED))
                .contains("\"type\":\"rate_limit_error\"", "\"code\":\"rate_limit_exceeded\"");
        assertThat(json(Problem.QUEUE_FULL)).contains("\"type\":\"server_error\"", "\"code\":\"queue_full\"");
    }
}
