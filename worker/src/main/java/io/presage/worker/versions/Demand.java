package io.presage.worker.versions;

import io.presage.contract.problem.ProblemException;

/// A call that waits for a version to come back into memory. Exactly one of its methods is called, once, by the
/// thread
/// of [Versions]: they must not block.
public interface Demand {
    /// In the clock of [Versions]: later than this nothing is of use.
    long deadlineNanos();

    /// `version` has been acquired: whoever gets this releases it.
    void ready(ServedVersion version);

    /// VERSION_NOT_READY with the time after which to come back, or DEADLINE_EXCEEDED.
    void refused(ProblemException why);
}
