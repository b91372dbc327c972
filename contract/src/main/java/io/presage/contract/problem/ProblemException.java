package io.presage.contract.problem;

import org.jspecify.annotations.Nullable;

/// A [Problem] with the sentence that a person needs. The message names the thing, its value and what was
/// expected, and holds no secret and no payload. For problems of type CALLER and OVERLOAD no stack trace is
/// taken: they are answers.
public final class ProblemException extends RuntimeException {
    private final Problem problem;
    private final int retryAfterSeconds;

    public ProblemException(Problem problem, String message) {
        this(problem, message, null);
    }

    public ProblemException(Problem problem, String message, @Nullable Throwable cause) {
        this(problem, message, cause, 0);
    }

    /// `retryAfterSeconds`: 1 or more, or 0 for "not known".
    public static ProblemException retryAfter(Problem problem, String message, int retryAfterSeconds) {
        return new ProblemException(problem, message, null, retryAfterSeconds);
    }

    private ProblemException(Problem problem, String message, @Nullable Throwable cause, int retryAfterSeconds) {
        super(message, cause, false, problem.type() == Problem.Type.INTERNAL);
        this.problem = problem;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    public Problem problem() {
        return problem;
    }

    /// Seconds for `Retry-After`; 0 when not known (answer 1 for retryable overload then).
    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }

    /// Never null, unlike its parent's.
    public String detail() {
        return String.valueOf(getMessage());
    }
}
