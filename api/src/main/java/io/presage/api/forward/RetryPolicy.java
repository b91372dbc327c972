package io.presage.api.forward;

/// Whether an attempt that failed is made again, and where. Pure; the budget is asked by whoever follows the
/// advice.
public final class RetryPolicy {
    public enum Advice {
        /// Once more, on another replica of the same version.
        ELSEWHERE,
        /// Once more, on another replica; where there is none, on the same one: a connection that was kept open
        /// too long breaks without saying anything about its worker.
        ELSEWHERE_OR_AGAIN,
        /// What came is the answer.
        NO
    }

    /// `retries` made so far. Answers are never retried: they began.
    public static Advice advise(Outcome outcome, int retries) {
        if (retries > 0) {
            return Advice.NO;
        }
        return switch (outcome) {
            case Outcome.Answered _, Outcome.Rejected _ -> Advice.NO;
            case Outcome.Refused _, Outcome.Unreachable _, Outcome.Crowded _ -> Advice.ELSEWHERE;
            case Outcome.Broken _ -> Advice.ELSEWHERE_OR_AGAIN;
        };
    }

    private RetryPolicy() {}
}
