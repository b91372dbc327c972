package io.presage.api.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.presage.api.access.Grant;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.contract.state.Limit;
import io.presage.contract.state.Limits;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitsTest {
    private final AtomicLong nanos = new AtomicLong();
    private final RateLimits limits = new RateLimits(new LimitProperties(2, Duration.ofHours(1), 2), nanos::get);

    private static Grant key(String id, int permits) {
        return new Grant(
                id,
                "default",
                Set.of(),
                Set.of(),
                new Limits(permits == 0 ? null : new Limit(permits, 3_600_000), null));
    }

    private void refused(Grant key, String model, Problem problem) {
        assertThatThrownBy(() -> limits.spend(key, model))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refusal -> assertThat(refusal.problem()).isEqualTo(problem));
    }

    @Test
    void defaultIsPerKeyAndModel() {
        var key = key("a", 0);
        limits.spend(key, "m");
        limits.spend(key, "m");
        refused(key, "m", Problem.RATE_LIMITED);
        limits.spend(key, "n");
    }

    @Test
    void ownLimit_andItsChange_areFollowed() {
        limits.spend(key("a", 1), "m");
        refused(key("a", 1), "m", Problem.RATE_LIMITED);
        limits.spend(key("a", 3), "m");
    }

    @Test
    void limitersAreBounded_andIdleOnesMakeRoom() {
        limits.spend(key("a", 0), "m");
        limits.spend(key("b", 0), "m");
        refused(key("c", 0), "m", Problem.OVERLOADED);
        nanos.set(Duration.ofHours(3).toNanos());
        limits.spend(key("c", 0), "m");
        assertThat(limits.size()).isEqualTo(1);
    }
}
