package io.presage.api.forward;

/// How one attempt at one worker ended, as far as the gateway has to decide something.
public sealed interface Outcome {
    /// The head of an answer came, and it is the caller's. Its body is paused.
    record Answered(WorkerAnswer response) implements Outcome {}

    /// The worker did not run the call, and says so with a problem that another replica may not have. Its body
    /// is paused.
    record Refused(Refusal refusal, WorkerAnswer response) implements Outcome {}

    /// The worker answered what no caller should see: 401 or 403 to the gateway itself.
    record Rejected(int status) implements Outcome {}

    /// No connection was made.
    record Unreachable(Throwable cause) implements Outcome {}

    /// The connection broke before an answer began.
    record Broken(Throwable cause) implements Outcome {}

    /// All connections are in use and their queue is full; nothing was sent.
    record Crowded() implements Outcome {}

    /// Problems of a worker that are worth another replica.
    enum Refusal {
        /// It does not hold the version (any more, or yet), although the table says so.
        NOT_HELD,
        SHUTTING_DOWN,
        QUEUE_FULL
    }
}
