package io.presage.worker.versions;

import io.presage.contract.state.Failure;

/// Where a load gets its memory from, before it begins.
@FunctionalInterface
interface Room {
    /// On a loader's thread; may take as long as it takes to close others.
    Answer take(long bytes) throws InterruptedException;

    sealed interface Answer {
        record Granted(MemoryBudget.Reservation reservation) implements Answer {}

        /// @param untilNanos before that it makes no sense to ask again
        record Full(Why why, Failure failure, long untilNanos) implements Answer {}
    }

    enum Why {
        /// More than all models together may have.
        TOO_LARGE,
        /// Calls hold what is loaded, or it is loading or closing.
        IN_USE,
        /// What is loaded came a moment ago.
        TOO_YOUNG,
        /// Evictions only chase each other.
        THRASHING
    }
}
