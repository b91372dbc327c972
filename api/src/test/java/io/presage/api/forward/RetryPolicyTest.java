package io.presage.api.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    @Test
    void everyOutcome() {
        var cause = new IOException();
        assertThat(RetryPolicy.advise(new Outcome.Unreachable(cause), 0)).isEqualTo(RetryPolicy.Advice.ELSEWHERE);
        assertThat(RetryPolicy.advise(new Outcome.Crowded(), 0)).isEqualTo(RetryPolicy.Advice.ELSEWHERE);
        assertThat(RetryPolicy.advise(new Outcome.Broken(cause), 0)).isEqualTo(RetryPolicy.Advice.ELSEWHERE_OR_AGAIN);
        assertThat(RetryPolicy.advise(new Outcome.Rejected(401), 0)).isEqualTo(RetryPolicy.Advice.NO);
        assertThat(RetryPolicy.advise(new Outcome.Broken(cause), 1)).isEqualTo(RetryPolicy.Advice.NO);
        assertThat(RetryPolicy.advise(new Outcome.Unreachable(cause), 1)).isEqualTo(RetryPolicy.Advice.NO);
    }
}
