package io.presage.registry.validation;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.registry.validation.ValidationPolicy.Action;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ValidationPolicyTest {
    private static final ValidationProperties LIMITS = new ValidationProperties(3, Duration.ofMinutes(15), 2);
    private static final Validator W1 = new Validator("w1", "i1", false);
    private static final Validator W2 = new Validator("w2", "i2", false);

    private static Undecided waiting(int version) {
        return new Undecided("m", version, 0, Optional.empty());
    }

    private static Undecided running(int version, int attempts, String worker, String incarnation, long ageMillis) {
        return new Undecided(
                "m", version, attempts, Optional.of(new Undecided.Open("v" + version, worker, incarnation, ageMillis)));
    }

    @Test
    void waitingOnes_goToTheLeastBusyWorkers_upToTheirBound() {
        var undecided = List.of(running(1, 0, "w1", "i1", 0), waiting(2), waiting(3), waiting(4), waiting(5));
        assertThat(ValidationPolicy.plan(undecided, List.of(W1, W2), LIMITS))
                .containsExactly(
                        new Action.Assign(waiting(2), W2),
                        new Action.Assign(waiting(3), W1),
                        new Action.Assign(waiting(4), W2));
    }

    @Test
    void versionThatNeedsCuda_goesOnlyWhereItIs() {
        var version = new Undecided("m", 1, 0, Optional.empty(), true);
        var gpu = new Validator("w3", "i3", false, true);
        assertThat(ValidationPolicy.plan(List.of(version), List.of(W1, W2), LIMITS))
                .isEmpty();
        assertThat(ValidationPolicy.plan(List.of(version), List.of(W1, W2, gpu), LIMITS))
                .containsExactly(new Action.Assign(version, gpu));
        assertThat(ValidationPolicy.plan(List.of(waiting(1)), List.of(gpu), LIMITS))
                .containsExactly(new Action.Assign(waiting(1), gpu));
    }

    @Test
    void wantOfADevice_isForAnotherWorker_onlyWhenOneHasIt() {
        var gpu = new Validator("w3", "i3", false, true);
        assertThat(ValidationPolicy.isForAnother("w1", List.of(W1, gpu))).isTrue();
        assertThat(ValidationPolicy.isForAnother("w1", List.of(W1, W2))).isFalse();
        assertThat(ValidationPolicy.isForAnother("w3", List.of(W1, gpu))).isFalse();
        assertThat(ValidationPolicy.isForAnother("w1", List.of(W1, new Validator("w3", "i3", true, true))))
                .isFalse();
    }

    @Test
    void nobodyAlive_nothingToDo() {
        assertThat(ValidationPolicy.plan(List.of(waiting(1)), List.of(), LIMITS))
                .isEmpty();
        assertThat(ValidationPolicy.plan(List.of(waiting(1)), List.of(new Validator("w1", "i1", true)), LIMITS))
                .isEmpty();
    }

    @Test
    void lostWorker_losesTheValidation() {
        var version = running(1, 0, "w9", "i9", 0);
        assertThat(ValidationPolicy.plan(List.of(version), List.of(W1), LIMITS))
                .containsExactly(new Action.Lose(version, "v1", "worker w9 was lost", false));
    }

    @Test
    void restartedWorker_losesTheValidation_theThirdRejects() {
        var version = running(1, 2, "w1", "before", 0);
        assertThat(ValidationPolicy.plan(List.of(version), List.of(W1), LIMITS))
                .containsExactly(new Action.Lose(version, "v1", "worker w1 died and was started again", true));
    }

    @Test
    void silence_losesTheValidation() {
        var version = running(1, 0, "w1", "i1", Duration.ofMinutes(16).toMillis());
        assertThat(ValidationPolicy.plan(List.of(version), List.of(W1), LIMITS))
                .containsExactly(new Action.Lose(version, "v1", "worker w1 gave no answer within PT15M", false));
    }

    @Test
    void drainingWorker_givesItBackWithoutBlame() {
        var version = running(1, 0, "w1", "i1", 0);
        assertThat(ValidationPolicy.plan(List.of(version), List.of(new Validator("w1", "i1", true)), LIMITS))
                .containsExactly(new Action.TakeBack(version, "v1"));
    }

    @Test
    void runningOne_isLeftAlone() {
        assertThat(ValidationPolicy.plan(List.of(running(1, 0, "w1", "i1", 5)), List.of(W1), LIMITS))
                .isEmpty();
    }
}
