package io.presage.api.replicas;

/// One attempt's right to a replica. Given back exactly once, by one of these. Any thread.
public interface Hold {
    /// What an answer says about the replica.
    enum Answer {
        /// The call was run.
        RUN,
        /// Its queue is full; nothing was run.
        FULL,
        /// Anything else, a caller's mistake say: it is alive.
        OTHER
    }

    void answered(Answer answer, long elapsedNanos);

    /// It could not be reached, broke off, or did not answer in a fair time.
    void failed(long elapsedNanos, Throwable cause);

    /// The call was given up, through no fault of the replica: its caller went away, or gave it too little
    /// time.
    void released(long elapsedNanos);
}
