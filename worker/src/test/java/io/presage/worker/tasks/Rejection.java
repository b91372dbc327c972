package io.presage.worker.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import io.presage.worker.engine.LoadException;
import org.assertj.core.api.AbstractStringAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/// What bad input must come to: a problem of the caller's, said in words.
final class Rejection {
    private Rejection() {}

    static AbstractStringAssert<?> messageOf(ThrowingCallable call) {
        ProblemException problem = catchThrowableOfType(ProblemException.class, call);
        assertThat(problem).as("a ProblemException").isNotNull();
        assertThat(problem.problem()).isIn(Problem.INVALID_INPUT, Problem.INVALID_TENSOR);
        return assertThat(problem.detail());
    }

    static AbstractStringAssert<?> failureOf(ThrowingCallable call) {
        LoadException failure = catchThrowableOfType(LoadException.class, call);
        assertThat(failure).as("a LoadException").isNotNull();
        assertThat(failure.failure().fix()).isNotBlank();
        return assertThat(failure.failure().cause() + ": " + failure.failure().evidence());
    }
}
